"""The look of the page; nothing is fetched."""

CSS = """
:root {
  color-scheme: light dark;
  --background: #ffffff; --text: #1d2430; --muted: #5b6472;
  --line: #dfe3e9; --panel: #f6f7f9; --accent: #0065a3; --warn: #fff6e0;
  --warn-line: #e3b341;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #161b22; --text: #e4e8ee; --muted: #9aa4b2;
    --line: #303844; --panel: #1d232c; --accent: #6cb6f5; --warn: #2a2415;
    --warn-line: #8a6d1f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 66rem;
  background: var(--background); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem; }
p { margin: .4rem 0 .8rem; }
.lead, .caption { color: var(--muted); }
.caption { font-size: .9rem; max-width: 48rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.25rem 0; }
.tile {
  flex: 1 1 7.5rem; padding: .6rem .9rem; border-radius: .5rem;
  background: var(--panel); border: 1px solid var(--line);
}
.tile b { display: block; font-size: 1.3rem; line-height: 1.3; }
.tile span { color: var(--muted); font-size: .85rem; }
.notes {
  margin: 1.25rem 0; padding: .7rem 1rem; border-radius: .5rem;
  background: var(--warn); border-left: 4px solid var(--warn-line);
}
.notes ul { margin: .3rem 0; padding-left: 1.2rem; }
.notes li { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; -webkit-overflow-scrolling: touch; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .55rem; text-align: left; white-space: nowrap; }
th { color: var(--muted); font-weight: 600; }
thead tr { border-bottom: 2px solid var(--line); }
tbody tr { border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--panel); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
small { color: var(--muted); font-size: .78rem; }
.swatch {
  display: inline-block; width: .7rem; height: .7rem; margin-right: .5rem;
  border-radius: 50%; vertical-align: baseline;
}
figure { margin: 0; }
img { display: block; max-width: 100%; height: auto; }
details { border-bottom: 1px solid var(--line); padding: .45rem 0; }
details details { margin-left: 1rem; }
details details:last-child { border-bottom: 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary .muted, .muted { color: var(--muted); }
.tree, .tree ul { list-style: none; margin: .3rem 0; padding-left: 1.1rem; }
.tree ul { border-left: 2px solid var(--line); }
.tree b::before { content: '\\2191\\00a0'; color: var(--accent); }
.tree > li > b::before { content: ''; }
.tree li { overflow-wrap: anywhere; }
pre {
  background: var(--panel); border: 1px solid var(--line); padding: .7rem;
  border-radius: .5rem; overflow-x: auto; font-size: .8rem; line-height: 1.45;
}
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 640px) {
  body { padding: 1.25rem .9rem 3rem; }
  .wide { overflow-x: auto; }
  .wide img { max-width: none; width: 46rem; }
}
@media print { details > * { display: block; } }
"""
