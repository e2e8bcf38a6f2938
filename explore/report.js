/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of a report: its head, the panel of one point, the table, how it was made, the start.
 * Third part of the page's script; data and words are report_data.js, pictures report_charts.js.
 */
/* --- Head of the page --- */

function head() {
  $('title').textContent = `Design space: ${space.name || 'unnamed'}`;
  const w = space.workload || {}, part = space.part || {}, host = space.host || {};
  const about = [];
  if (w.shape) {
    about.push(
        `${w.shape}: ${w.prompt} prompt tokens, ${w.tokens} generated, ` +
        `${w.batch} sequence${w.batch === 1 ? '' : 's'} at once`);
  }
  if (part.name) about.push(`part ${part.name} (${part.family})`);
  if (host.name) about.push(`host ${host.name}`);
  if (objectives.length) {
    about.push(
        'objectives: ' +
        objectives.map((o) => `${o.figure} ` + (info[o.figure].better === 'larger' ? 'up' : 'down'))
            .join(', '));
  }
  $('about').textContent = about.join('; ') + '.';
  $('unfinished').textContent = D.unfinished ? `Unfinished, ${D.unfinished.text}.` : '';
  const count = (s) => points.filter((p) => p.state === s).length;
  const out = D.left_out;
  const error = D.model_error;
  const tiles = [
    [points.length + out.pruned + out.refused + out.done + out.failed, 'points'],
    [count('done') + out.done, 'evaluated'],
    [points.filter((p) => p.kind === 'front').length, 'on the front'],
    [count('refused') + out.refused, 'refused'],
    [count('pruned') + out.pruned, 'pruned'],
    [count('failed') + out.failed, 'failed'],
    [
      error ? `${number(error.median_pct)} %` : 'not measured',
      error ? `model error, worst ${number(error.worst_pct)} %` : 'model error'
    ],
  ];
  if (D.seconds > 0) tiles.push([`${number(D.seconds)} s`, 'of sweep']);
  fill($('tiles'), ...tiles.map(([b, text]) => {
    const tile = element('div', null, {class: 'tile'});
    tile.append(element('b', b), element('span', text));
    return tile;
  }));
}

/* --- One point --- */

let pinned = null, hovered = null;
const shown = () => hovered || pinned;

function detail() {
  const p = shown(), box = $('point');
  if (!p) {
    fill(box, element('p', 'No point to show.', {class: 'note'}));
    return;
  }
  const parts = [
    element('h3', `${named(p)} ${p.design.name || ''}`),
    element(
        'p',
        `${states[p.kind] ? states[p.kind].text : p.state}; evaluated by ${p.effort}` +
            (p.wall && p.at.decode_tokens_s ? `; decode meets the wall of ${p.wall}` : '') +
            (p === pinned ? '; kept' : ''),
        {class: 'note'}),
  ];
  if (p.why) parts.push(element('pre', p.why));
  if (p.log) parts.push(element('p', `log: ${p.log}`, {class: 'note'}));
  const table = element('table');
  parameters.filter((n) => n in p.parameters).forEach((n) => {
    const row = element('tr');
    row.append(element('td', short(n)), element('td', number(p.parameters[n])), element('td', ''));
    table.append(row);
  });
  figures.filter((f) => p.at[f.name]).forEach((f) => {
    const row = element('tr', null, {title: f.meaning}), origin = element('td');
    origin.append(tag(p.at[f.name].o));
    row.append(
        element('td', f.name), element('td', `${number(p.at[f.name].v, f.unit)} ${f.unit}`),
        origin);
    table.append(row);
  });
  parts.push(
      table, element('pre', `tritium explore pick RESULT --point ${p.index} -o design.yaml`));
  fill(box, ...parts);
}
/* --- Table --- */

const order = {
  by: 'index',
  down: false
};
let rows = new Map();

function columns() {
  const wanted =
      $('columns').value === 'all' ? figures.map((f) => f.name) : objectives.map((o) => o.figure);
  const list = [
    {name: 'index', text: '#', of: (p) => p.index},
    {name: 'state', text: 'state', of: (p) => (p.kind === 'front' ? 'front' : p.state), word: true},
  ];
  parameters.forEach((n) => list.push({name: n, text: short(n), of: (p) => p.parameters[n]}));
  wanted.filter(has).forEach(
      (n) => list.push({name: n, text: label(n), figure: n, of: (p) => value(p, n)}));
  list.push(
      {name: 'wall', text: 'wall', of: (p) => p.wall, word: true},
      {name: 'effort', text: 'effort', of: (p) => p.effort, word: true});
  if (points.some((p) => p.why)) {
    list.push({name: 'why', text: 'why', of: (p) => p.why, word: true});
  }
  return list;
}

function compare(a, b) {
  const none = (v) => v === null || v === undefined;
  if (none(a) || none(b)) return none(a) - none(b);
  const d =
      typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return order.down ? -d : d;
}

function draw_table() {
  const list = columns(), body = $('all').querySelector('tbody'), top = element('tr');
  const column = list.find((c) => c.name === order.by) || list[0];
  list.forEach((c) => {
    const cell = element('th', null, {scope: 'col', class: c.word ? 'text' : ''});
    if (c === column) cell.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    const button = element(
        'button', c.text + (c === column ? (order.down ? ' \u25be' : ' \u25b4') : ''),
        {type: 'button', title: c.figure ? info[c.figure].meaning : c.name});
    button.addEventListener('click', () => {
      order.down = order.by === c.name ? !order.down :
                                         Boolean(c.figure && info[c.figure].better === 'larger');
      order.by = c.name;
      draw_table();
    });
    cell.append(button);
    top.append(cell);
  });
  fill($('all').querySelector('thead'), top);
  const wanted = $('filter').value;
  const some = points.filter(
      (p) => wanted === 'all' || p.kind === wanted || (wanted === 'done' && p.state === 'done'));
  some.sort((a, b) => compare(column.of(a), column.of(b)) || a.index - b.index);
  rows = new Map();
  fill(body, ...some.map((p) => {
    const row = element('tr', null, {tabindex: '0'});
    list.forEach((c) => {
      const v = c.of(p), cell = element('td', null, {
                           class: c.name === 'why' ? 'wide' :
                               c.word              ? 'text' :
                                                     ''
                         });
      cell.append(
          v === null || v === undefined ? '' : number(v, c.figure ? info[c.figure].unit : ''));
      if (c.name === 'why' && v) cell.title = v;
      if (c.figure && p.at[c.figure]) cell.append(tag(p.at[c.figure].o, true));
      row.append(cell);
    });
    row.addEventListener('click', () => pin(p));
    row.addEventListener('keydown', (e) => {
      if (e.key === 'Enter') pin(p);
    });
    rows.set(p, row);
    return row;
  }));
  $('rows').textContent = `${some.length} rows`;
  mark_row();
}
function mark_row() {
  rows.forEach((row, p) => row.classList.toggle('pinned', p === pinned));
}

/* --- How it was made --- */

function listing(title, pairs) {
  const table = element('table');
  pairs.forEach((cells) => {
    const row = element('tr');
    cells.forEach((c) => row.append(element('td', c, {class: 'wide'})));
    table.append(row);
  });
  const block = element('div', null, {class: 'block'});
  block.append(element('h3', title), table);
  return [block];
}

function made() {
  const parts = [], command = [];
  if (D.command) command.push(element('p', 'Made by', {class: 'note'}), element('pre', D.command));
  fill($('command'), ...command);
  parts.push(...listing(
      'Tools',
      (D.tools || [])
          .map(
              (t) =>
                  [t.name,
                   t.version ||
                       `absent: ${t.gives} is missing from this sweep; install ${t.package}`,
                   t.gives])));
  parts.push(
      ...listing('Parameters', (space.parameters || []).map((p) => [p.name, p.values.join(', ')])));
  if ((space.constraints || []).length) {
    const block = element('div', null, {class: 'block'});
    block.append(element('h3', 'Constraints'), element('pre', space.constraints.join('\n')));
    parts.push(block);
  }
  ['part', 'workload', 'host'].forEach((n) => {
    if (space[n]) parts.push(...listing(n[0].toUpperCase() + n.slice(1), Object.entries(space[n])));
  });
  parts.push(...listing('What all points share', Object.entries(D.common || {})));
  parts.push(...listing('Origins of figures', Object.entries(origins)));
  parts.push(...listing('Figures', figures.map((f) => [f.name, f.unit, f.meaning])));
  fill($('made'), ...parts);
}

/* --- Start --- */

function start() {
  const list = figures.filter((f) => has(f.name)).map((f) => [f.name, label(f.name)]);
  const names = objectives.map((o) => o.figure).filter(has);
  /* What is spent across, what is gained up. */
  choice.y = names.find((n) => info[n].better === 'larger') || names[0] || (list[0] && list[0][0]);
  choice.x = names.find((n) => n !== choice.y) || list.map((f) => f[0]).find((n) => n !== choice.y);
  if (!choice.x) {
    fill($('point'), element('p', 'No point of this sweep has a figure.', {class: 'note'}));
    head();
    made();
    return;
  }
  options($('x'), list, choice.x);
  options($('y'), list, choice.y);
  options(
      $('colour'), [['state', 'state'], ['wall', 'wall'], ...parameters.map((n) => [n, short(n)])],
      'state');
  const fronts = points.filter((p) => p.kind === 'front');
  options(
      $('which'),
      [
        ['front', `the front (best ${Math.min(BARS, fronts.length)})`],
        ['done', `all evaluated (best ${BARS})`], ['shown', 'the one kept']
      ],
      fronts.length ? 'front' : 'done');
  options(
      $('filter'),
      [
        ['all', 'all'], ['front', 'the front'], ['done', 'evaluated'], ['refused', 'refused'],
        ['pruned', 'pruned'], ['failed', 'failed']
      ],
      'all');
  ['x', 'y', 'colour'].forEach((id) => $(id).addEventListener('change', () => {
    choice[id] = $(id).value;
    draw_pareto();
    if (id === 'colour') draw_roof();
  }));
  ['logx', 'logy', 'others'].forEach((id) => $(id).addEventListener('change', draw_pareto));
  ['which', 'phase'].forEach((id) => $(id).addEventListener('change', draw_breakdown));
  ['filter', 'columns'].forEach((id) => $(id).addEventListener('change', draw_table));
  pinned = front(choice.x, choice.y).slice(-1)[0] || fronts[0] || points[0] || null;
  const all = () => {
    draw_pareto();
    draw_roof();
    draw_breakdown();
  };
  head();
  detail();
  all();
  draw_table();
  made();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', all);
}

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
start();
