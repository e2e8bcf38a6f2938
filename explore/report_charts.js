/* SPDX-License-Identifier: Apache-2.0
 *
 * The pictures of a report, by Chart.js: trade-offs, roofline, stacked bars. Second part of the
 * page's script. Computes no figure but a point's place under its roofs, which follows from figures
 * and geometry.
 */
/* --- Trade-offs --- */

const choice = {
  x: null,
  y: null,
  colour: 'state'
};
let pareto = null;

function better(name, a, b) {
  const d = info[name].better;
  return d === 'larger' ? a > b : d === 'smaller' ? a < b : false;
}

/* Points that no other done one beats in both figures, from the best across to the worst. */
function front(x, y) {
  if (info[x].better === 'neither' || info[y].better === 'neither' || x === y) return [];
  const done = points.filter((p) => p.state === 'done' && p.at[x] && p.at[y]);
  done.sort(
      (a, b) =>
          (value(a, x) === value(b, x) ? (better(y, value(a, y), value(b, y)) ? -1 : 1) :
                                         (better(x, value(a, x), value(b, x)) ? -1 : 1)));
  const kept = [];
  done.forEach((p) => {
    if (!kept.length || better(y, value(p, y), value(kept[kept.length - 1], y))) kept.push(p);
  });
  return kept;
}

function category(p) {
  if (choice.colour === 'state') return p.kind;
  if (choice.colour === 'wall') return p.wall || 'unknown';
  return p.parameters[choice.colour];
}
function categories() {
  if (choice.colour === 'state')
    return Object.keys(states).filter((k) => points.some((p) => p.kind === k));
  return [...new Set(points.map(category))]
      .filter((c) => c !== undefined)
      .sort(
          (a, b) =>
              (typeof a === 'number' && typeof b === 'number' ? a - b :
                   String(a) < String(b)                      ? -1 :
                                                                1));
}
function colouring() {
  const list = categories();
  return (p) => {
    const c = category(p);
    return choice.colour === 'state' ? states[c].colour : palette[list.indexOf(c) % palette.length];
  };
}

function visible() {
  const all = $('others').checked;
  return points.filter((p) => all || p.state === 'done' || p.state === 'failed');
}

function hover_text(context) {
  const p = context.raw.p, lines = [`${named(p)} ${p.state}${p.kind === 'front' ? ', front' : ''}`];
  parameters.filter((n) => n in p.parameters)
      .forEach((n) => lines.push(`${short(n)}: ${number(p.parameters[n])}`));
  [...new Set([choice.x, choice.y, ...objectives.map((o) => o.figure)])].forEach((n) => {
    if (p.at[n])
      lines.push(`${n}: ${number(p.at[n].v, info[n].unit)} ${info[n].unit} [${p.at[n].o}]`);
  });
  if (p.why) lines.push(p.why.slice(0, 80));
  return lines;
}

function axis(name, log) {
  return {
    type: log ? 'logarithmic' : 'linear',
    title: {display: true, text: label(name), color: css('--ink')},
    grid: {color: css('--grid')},
    ticks: {color: css('--soft')},
  };
}

function draw_pareto() {
  const {x, y} = choice, colour = colouring(), sets = [];
  const drawable = visible().filter((p) => p.at[x] && p.at[y]);
  Object.entries(states).forEach(([kind, style]) => {
    const some = drawable.filter((p) => p.kind === kind);
    if (!some.length) return;
    sets.push({
      label: kind,
      order: kind === 'front' ? 1 : 2,
      data: some.map((p) => ({x: value(p, x), y: value(p, y), p})),
      pointStyle: style.shape,
      backgroundColor: some.map((p) => (kind === 'refused' ? css('--card') : colour(p))),
      borderColor: some.map((p) => (p === pinned || kind === 'front' ? css('--ink') : colour(p))),
      borderWidth: some.map((p) => (p === pinned ? 4 : style.border)),
      radius: some.map((p) => (p === pinned ? 9 : style.size)),
      hoverRadius: 9,
    });
  });
  sets.push({
    label: 'line',
    type: 'line',
    order: 3,
    stepped: 'before',
    pointRadius: 0,
    hitRadius: 0,
    hoverRadius: 0,
    borderColor: css('--soft'),
    borderWidth: 1.5,
    borderDash: [5, 4],
    data: front(x, y).map((p) => ({x: value(p, x), y: value(p, y), p})),
  });
  const set_options = {
    animation: false,
    maintainAspectRatio: false,
    responsive: true,
    scales: {x: axis(x, $('logx').checked), y: axis(y, $('logy').checked)},
    interaction: {mode: 'nearest', intersect: true},
    plugins: {
      legend: {display: false},
      tooltip: {
        filter: (item) => item.dataset.label !== 'line',
        callbacks: {title: () => '', label: hover_text},
      },
    },
    onHover: (event, hit) => {
      const found = hit.map((h) => pareto.data.datasets[h.datasetIndex].data[h.index].p)[0] || null;
      if (found !== hovered) {
        hovered = found;
        detail();
        draw_roof();
      }
    },
    onClick: (event, hit) => {
      if (hit.length) pin(pareto.data.datasets[hit[0].datasetIndex].data[hit[0].index].p);
    },
  };
  if (pareto) {
    pareto.data.datasets = sets;
    pareto.options = set_options;
    pareto.update();
  } else {
    pareto =
        new Chart($('pareto'), {type: 'scatter', data: {datasets: sets}, options: set_options});
  }
  key(drawable, colour);
  const lacking = visible().filter((p) => !p.at[x] || !p.at[y]);
  $('undrawn').textContent = !lacking.length ?
      '' :
      `${lacking.length} points are not drawn, because they have no ${x} or no ${y}: ` +
          lacking.slice(0, 12).map(named).join(' ') + (lacking.length > 12 ? ' ...' : '') +
          ' (see the table).';
}

function key(drawable, colour) {
  const items = categories().map((c) => {
    const example = points.find((p) => category(p) === c), span = element('span');
    const style = choice.colour === 'state' && states[c].shape !== 'circle' ? 'square' : '';
    const mark = element('i', '', {class: style});
    mark.style.background = colour(example);
    span.append(
        mark,
        choice.colour === 'state' ? `${states[c].text}${c === 'front' ? ' (ring)' : ''}` +
                `${
                                        c === 'refused'    ? ' (hollow triangle)' :
                                            c === 'pruned' ? ' (cross)' :
                                                             ''}` :
                                    `${short(choice.colour)} ${c}`);
    return span;
  });
  items.push(element('span', `${drawable.length} of ${points.length} points drawn`));
  const out = D.left_out;
  if (Object.values(out).some((n) => n > 0)) {
    items.push(element(
        'span',
        `to keep this file small, ${out.pruned} pruned, ${out.refused} refused, ` +
            `${out.failed} failed and ${out.done} evaluated points off the front were left out`));
  }
  fill($('key'), ...items);
}

function pin(p) {
  pinned = p === pinned ? null : p;
  detail();
  draw_pareto();
  draw_roof();
  draw_breakdown();
  mark_row();
}

/* --- Roofline --- */

let roof = null;

/* Places of a point: MACs for each byte of weights read, MACs a clock; and its roofs. */
function under_roof(p) {
  const g = (name) => p.design['geometry.' + name], m = (name) => p.design['memory.' + name];
  const w = space.workload || {}, weights = value(p, 'weight_bytes'), macs = value(p, 'macs');
  const in_byte = g('encoding') === 'b2' ? 4 : 5, refresh = m('refresh_interval');
  const places = [];
  if (weights && value(p, 'decode_cycles')) {
    const each = in_byte * Math.min(w.batch || 1, g('t_max') || 1);
    places.push({phase: 'decode', x: each, y: each * weights / value(p, 'decode_cycles'), p});
  }
  if (weights && value(p, 'prefill_cycles') && w.prompt) {
    const each = in_byte * Math.min(w.prompt, g('t_max') || 1);
    const passes = w.prompt * (w.batch || 1) / Math.min(w.prompt, g('t_max') || 1);
    places.push(
        {phase: 'prefill', x: each, y: each * weights * passes / value(p, 'prefill_cycles'), p});
  }
  const deliver =
      g('ports') * m('bytes_per_cycle') * (refresh > 0 ? 1 - m('refresh_cycles') / refresh : 1);
  return {places, macs, deliver};
}

function draw_roof() {
  const done = points.filter((p) => p.state === 'done'), colour = colouring();
  const places = done.flatMap((p) => under_roof(p).places);
  const sets = ['decode', 'prefill'].map((phase) => {
    const some = places.filter((s) => s.phase === phase);
    return {
      label: phase,
      data: some,
      pointStyle: phase === 'decode' ? 'circle' : 'rect',
      backgroundColor: some.map((s) => colour(s.p)),
      borderColor: some.map((s) => (s.p === shown() ? css('--ink') : colour(s.p))),
      borderWidth: some.map((s) => (s.p === shown() ? 3 : 0)),
      radius: some.map((s) => (s.p === shown() ? 8 : 4)),
      hoverRadius: 7,
    };
  });
  const p = shown(), own = p ? under_roof(p) : null;
  const low = Math.min(...places.map((s) => s.x)) / 2,
        high = Math.max(...places.map((s) => s.x)) * 2;
  if (own && own.macs && own.deliver && places.length) {
    const ridge = own.macs / own.deliver;
    sets.push({
      label: 'roof',
      type: 'line',
      pointRadius: 0,
      hitRadius: 0,
      borderColor: css('--soft'),
      borderWidth: 2,
      data: [
        {x: low, y: Math.min(low * own.deliver, own.macs)},
        {x: Math.min(Math.max(ridge, low), high), y: Math.min(own.macs, high * own.deliver)},
        {x: high, y: Math.min(own.macs, high * own.deliver)}
      ],
    });
  }
  const set_options = {
    animation: false,
    maintainAspectRatio: false,
    responsive: true,
    scales: {
      x: Object.assign(axis('MAC for each byte of weights', true), {min: low, max: high}),
      y: axis('MAC a clock', true),
    },
    plugins: {
      legend: {display: false},
      tooltip: {
        filter: (item) => item.dataset.label !== 'roof',
        callbacks: {
          title: () => '',
          label: (c) =>
              [`${named(c.raw.p)} ${c.raw.phase}`, setting(c.raw.p),
               `${number(c.raw.y)} of ${number(value(c.raw.p, 'macs'))} MAC a clock`],
        },
      },
    },
    onClick: (event, hit) => {
      if (hit.length) pin(roof.data.datasets[hit[0].datasetIndex].data[hit[0].index].p);
    },
  };
  if (roof) {
    roof.data.datasets = sets;
    roof.options = set_options;
    roof.update();
  } else {
    roof = new Chart($('roof'), {type: 'scatter', data: {datasets: sets}, options: set_options});
  }
  fill(
      $('roofkey'), element('span', 'round: decode'), element('span', 'square: prefill'),
      element(
          'span',
          own && own.macs ? `roofs of ${named(p)}: ${number(own.deliver)} bytes and ` +
                  `${number(own.macs)} MAC a clock` :
                            'pick a point to see its roofs'));
}

/* --- Where it goes --- */

const bars = {};
const causes = [
  ['steps', 'array steps', '#0072b2'], ['wait_weights', 'waits for weights', '#d55e00'],
  ['wait_activations', 'waits for activations', '#e69f00'],
  ['wait_command', 'waits for a command', '#cc79a7'],
  ['wait_results', 'waits for results', '#56b4e9']
];
/* Every term of energy that the sweep knows, whatever the model is made of. */
const energy_words = {
  joules_arithmetic: 'arithmetic',
  joules_sram: 'on-chip memory',
  joules_dram: 'external memory',
  joules_host: 'host',
  joules_idle: 'idle power x time'
};
const energy_colours =
    ['#0072b2', '#009e73', '#d55e00', '#e69f00', '#8a8f96', '#cc79a7', '#56b4e9'];
const energy = figures.filter((f) => f.name.startsWith('joules_') && f.name !== 'joules_token')
                   .map(
                       (f, i) =>
                           [f.name, energy_words[f.name] || f.name,
                            energy_colours[i % energy_colours.length]]);
const times = [
  ['device_ms', 'accelerator', '#0072b2'], ['host_ms', 'host', '#e69f00'],
  ['launch_ms', 'launches', '#cc79a7']
];
const BARS = 24;

function chosen_points() {
  const first = objectives.length ? objectives[0].figure : null;
  let list = points.filter(
      (p) => ($('which').value === 'front' ? p.kind === 'front' : p.state === 'done'));
  if ($('which').value === 'shown') list = [];
  if (first) list.sort((a, b) => (better(first, value(a, first), value(b, first)) ? -1 : 1));
  list = list.slice(0, BARS);
  if (pinned && !list.includes(pinned)) list.push(pinned);
  return list;
}

function stacked(id, list, terms, of) {
  const config = {
    labels: list.map((p) => named(p) + (p === pinned ? ' kept' : '')),
    datasets: terms.map(([name, text, colour]) => ({
                          label: text,
                          backgroundColor: colour,
                          data: list.map((p) => of(p, name)),
                          maxBarThickness: 22,
                        })),
  };
  const set_options = {
    indexAxis: 'y',
    animation: false,
    maintainAspectRatio: false,
    responsive: true,
    scales: {
      x: {stacked: true, grid: {color: css('--grid')}, ticks: {color: css('--soft')}},
      y: {stacked: true, grid: {display: false}, ticks: {color: css('--soft'), autoSkip: false}},
    },
    plugins: {
      legend: {position: 'bottom', labels: {color: css('--soft'), boxWidth: 11}},
      tooltip: {
        callbacks: {
          label: (c) => `${c.dataset.label}: ${number(c.raw)}`,
          afterTitle: (items) => (items.length ? setting(list[items[0].dataIndex]) : '')
        }
      },
    },
  };
  if (bars[id]) {
    bars[id].data = config;
    bars[id].options = set_options;
    bars[id].update();
  } else {
    bars[id] = new Chart($(id), {type: 'bar', data: config, options: set_options});
  }
}

function draw_breakdown() {
  const list = chosen_points(), phase = $('phase').value;
  const counted = list.filter((p) => p[phase] && p[phase].active > 0);
  stacked('cycles', counted, causes, (p, n) => 100 * p[phase][n] / p[phase].active);
  $('nocycles').textContent = counted.length === list.length ?
      '' :
      `${list.length - counted.length} of ${list.length} points were not simulated: no counters.`;
  [['energy', energy, 'noenergy'], ['time', times, 'notime']].forEach(([id, terms, note]) => {
    const some = list.filter((p) => terms.some(([n]) => p.at[n]));
    stacked(id, some, terms, (p, n) => value(p, n));
    const kinds =
        [...new Set(some.flatMap((p) => terms.filter(([n]) => p.at[n]).map(([n]) => p.at[n].o)))];
    $(note).textContent =
        kinds.length ? `Origin: ${kinds.join(', ')}.` : 'No point has these figures.';
  });
}
