/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of a report and how it is said: points with their figures by name, numbers, elements.
 * First of the three parts of the page's script, which the build joins. All text of a sweep goes
 * into the page as text, never as markup.
 */
const D = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const figures = D.figures, space = D.space || {}, points = D.points;
const objectives = (space.objectives || []).filter((o) => figures.some((f) => f.name === o.figure));
/* Okabe and Ito's colours, which the colour-blind can tell apart. */
const palette =
    ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b8a800', '#8a8f96'];
const states = {
  front: {colour: '#d55e00', shape: 'circle', size: 6, border: 2, text: 'on the front of all'},
  done: {colour: '#0072b2', shape: 'circle', size: 4.5, border: 0, text: 'evaluated'},
  refused:
      {colour: '#e69f00', shape: 'triangle', size: 4.5, border: 1.5, text: 'breaks a constraint'},
  pruned:
      {colour: '#8a8f96', shape: 'crossRot', size: 4.5, border: 1.5, text: 'pruned by the model'},
  failed: {colour: '#cc79a7', shape: 'rectRot', size: 4.5, border: 1.5, text: 'failed'},
};
const origins = {
  simulated: 'cycles of the Verilated RTL, every sum compared',
  routed: 'placed and routed by nextpnr',
  synthesised: 'the whole kernel through Yosys',
  composed: 'Yosys, modules synthesised one by one and added up',
  modelled: 'a formula of this project',
  assumed: 'stated in the space or design file',
  cited: 'somebody else\'s measurement',
};
const tools_run = ['simulated', 'routed', 'synthesised', 'composed'];

const info = {};
figures.forEach((f) => {
  info[f.name] = f;
});
objectives.forEach((o) => {
  if (o.better) info[o.figure].better = o.better;
});
points.forEach((p) => {
  p.at = {};
  figures.forEach((f, i) => {
    if (p.values[i] !== null) p.at[f.name] = {v: p.values[i], o: D.origins[+p.origins[i]]};
  });
  p.design = Object.assign({}, D.common, p.design);
  p.kind = p.state === 'done' && p.front ? 'front' : p.state;
  p.parameters = p.parameters || {};
  ['prefill', 'decode'].forEach((phase) => {
    const counted = p[phase];
    p[phase] = counted && {
      active: counted[0],
      steps: counted[1],
      wait_weights: counted[2],
      wait_activations: counted[3],
      wait_command: counted[4],
      wait_results: counted[5]
    };
  });
});
const parameters = (space.parameters || []).map((p) => p.name);
const value = (p, name) => (p.at[name] ? p.at[name].v : null);
const has = (name) => points.some((p) => p.at[name]);

/* --- Text --- */

const whole = ['cycles', 'bytes', 'LUT', 'FF', 'Kbit', 'DSP', 'NAND2', 'MAC/cycle'];
function number(v, unit) {
  if (typeof v !== 'number') return String(v);
  const digits = whole.includes(unit) && Math.abs(v) >= 100 ? {maximumFractionDigits: 0} :
                                                              {maximumSignificantDigits: 4};
  return v !== 0 && Math.abs(v) < 1e-4 ? v.toExponential(2) : v.toLocaleString('en', digits);
}
const label = (name) => (info[name] ? `${name} (${info[name].unit})` : name);
const short = (name) => name.replace(/^(geometry|memory)\./, '');
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(tag, text, attributes) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  Object.entries(attributes || {}).forEach(([k, v]) => made.setAttribute(k, v));
  return made;
}
function fill(parent, ...children) {
  parent.replaceChildren(...children);
  return parent;
}
function tag(origin, brief) {
  return element('span', brief ? origin.slice(0, 3) : origin, {
    class: tools_run.includes(origin) ? 'tag measured' : 'tag',
    title: `${origin}: ${origins[origin] || ''}`,
  });
}
function options(select, list, chosen) {
  fill(select, ...list.map(([v, text]) => {
    const option = element('option', text, {value: v});
    option.selected = v === chosen;
    return option;
  }));
}
const named = (p) => `#${p.index}`;
const setting = (p) => parameters.filter((n) => n in p.parameters)
                           .map((n) => `${short(n)} ${p.parameters[n]}`)
                           .join(', ');
