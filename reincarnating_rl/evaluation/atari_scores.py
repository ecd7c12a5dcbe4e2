"""Published scores of a random policy, for 57 Atari games.

Mean returns under 30 random no-ops, at most 30 minutes of play (Mnih et al.
2015, Extended Data Table 2; Wang et al. 2016, appendix, for the other games).
"""

_SCORES = {
  'Alien': 227.8,
  'Amidar': 5.8,
  'Assault': 222.4,
  'Asterix': 210.0,
  'Asteroids': 719.1,
  'Atlantis': 12850.0,
  'BankHeist': 14.2,
  'BattleZone': 2360.0,
  'BeamRider': 363.9,
  'Berzerk': 123.7,
  'Bowling': 23.1,
  'Boxing': 0.1,
  'Breakout': 1.7,
  'Centipede': 2090.9,
  'ChopperCommand': 811.0,
  'CrazyClimber': 10780.5,
  'Defender': 2874.5,
  'DemonAttack': 152.1,
  'DoubleDunk': -18.6,
  'Enduro': 0.0,
  'FishingDerby': -91.7,
  'Freeway': 0.0,
  'Frostbite': 65.2,
  'Gopher': 257.6,
  'Gravitar': 173.0,
  'Hero': 1027.0,
  'IceHockey': -11.2,
  'Jamesbond': 29.0,
  'Kangaroo': 52.0,
  'Krull': 1598.0,
  'KungFuMaster': 258.5,
  'MontezumaRevenge': 0.0,
  'MsPacman': 307.3,
  'NameThisGame': 2292.3,
  'Phoenix': 761.4,
  'Pitfall': -229.4,
  'Pong': -20.7,
  'PrivateEye': 24.9,
  'Qbert': 163.9,
  'Riverraid': 1338.5,
  'RoadRunner': 11.5,
  'Robotank': 2.2,
  'Seaquest': 68.4,
  'Skiing': -17098.1,
  'Solaris': 1236.3,
  'SpaceInvaders': 148.0,
  'StarGunner': 664.0,
  'Surround': -10.0,
  'Tennis': -23.8,
  'TimePilot': 3568.0,
  'Tutankham': 11.4,
  'UpNDown': 533.4,
  'Venture': 0.0,
  'VideoPinball': 16256.9,
  'WizardOfWor': 563.5,
  'YarsRevenge': 3092.9,
  'Zaxxon': 32.5,
}


def random_score(game_name: str) -> float | None:
  """Published mean return of the uniformly random policy.

  Args:
    game_name: in CamelCase, such as `MsPacman`.

  Returns:
    The score, or None if none is published and it must be measured.
  """
  return _SCORES.get(game_name)


def known_random_score(
  given: float | None, game_name: str
) -> tuple[float, str] | None:
  """Returns the random policy's score and its source; None: to be measured.

  Args:
    given: in place of the published one.
    game_name: whose score may be published.
  """
  if given is not None:
    return given, 'given'
  published = random_score(game_name)
  return None if published is None else (published, 'published')
