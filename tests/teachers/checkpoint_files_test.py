"""Names of the files of checkpoints."""

from reincarnating_rl.teachers import checkpoint_files


def test_the_file_of_a_checkpoint_is_a_folder_and_a_number(tmp_path):
  for name in ('ckpt.12.json', 'ckpt.3', 'ckpt.json', 'model.zip'):
    (tmp_path / name).touch()
  split = checkpoint_files.split_number
  assert split(f'{tmp_path}/ckpt.12.json') == (str(tmp_path), 12)
  assert split(f'{tmp_path}/ckpt.3') == (str(tmp_path), 3)
  for path in (tmp_path, tmp_path / 'ckpt.json', tmp_path / 'ckpt.4.json'):
    assert split(str(path)) == (str(path), None)
  assert split(f'{tmp_path}/model.zip') == (f'{tmp_path}/model.zip', None)
