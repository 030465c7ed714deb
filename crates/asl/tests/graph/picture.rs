//! Reads a picture back and checks its geometry.

use std::collections::{BTreeMap, BTreeSet};

use asl::{Definition, State, StateKind, Transition};

/// Left, top, right, bottom.
type Rect = [f64; 4];

pub(crate) struct Picture {
    size: [f64; 2],
    boxes: BTreeMap<String, Rect>,
    lines: Vec<Line>,
}

struct Line {
    class: String,
    from: String,
    to: String,
    points: Vec<[f64; 2]>,
    arrives: bool,
}

impl Picture {
    pub(crate) fn read(svg: &str) -> Self {
        let number = |tag: &str, name: &str| attribute(tag, name).and_then(|text| text.parse::<f64>().ok());
        let mut picture = Self { size: [0.0; 2], boxes: BTreeMap::new(), lines: Vec::new() };
        let mut state = String::new();
        for tag in svg.split('<').filter_map(|part| part.split('>').next()) {
            let class = attribute(tag, "class").unwrap_or_default();
            if tag.starts_with("svg ") {
                assert_eq!(attribute(tag, "role").as_deref(), Some("img"));
                picture.size = ["width", "height"].map(|name| number(tag, name).expect("a number"));
            } else if class.starts_with("state ") {
                state = attribute(tag, "data-state").expect("a name");
            } else if class == "box" {
                let [x, y, width, height] =
                    ["x", "y", "width", "height"].map(|name| number(tag, name).expect("a number"));
                let known = picture.boxes.insert(state.clone(), [x, y, x + width, y + height]);
                assert!(known.is_none(), "{state} is there twice");
            } else if let (Some(from), Some(to)) = (attribute(tag, "data-from"), attribute(tag, "data-to")) {
                let points = sample(&attribute(tag, "d").expect("a path"));
                let arrives = attribute(tag, "marker-end").is_some();
                picture.lines.push(Line { class, from, to, points, arrives });
            }
        }
        picture
    }

    /// Every state has a box, every transition a line, no two boxes overlap unless one holds the other, no line crosses
    /// a box, and all is within the picture.
    pub(crate) fn check(&self, definition: &Definition) {
        let names: Vec<&str> = definition.states().map(|state| &*state.name).collect();
        assert_eq!(self.boxes.keys().map(String::as_str).collect::<BTreeSet<_>>(), names.iter().copied().collect());
        for (index, one) in names.iter().enumerate() {
            for other in &names[index + 1..] {
                if !holds(definition, one, other) && !holds(definition, other, one) {
                    assert!(!overlap(self.boxes[*one], self.boxes[*other]), "{one} and {other} overlap");
                }
            }
        }
        for state in definition.states() {
            self.check_holder(definition, state);
            self.check_transitions(definition, state);
        }
        for line in &self.lines {
            self.check_line(definition, line);
        }
    }

    fn check_holder(&self, definition: &Definition, state: &State) {
        let [left, top, right, bottom] = self.boxes[&*state.name];
        let holder = definition.machine(state.machine).parent.map(|id| self.boxes[&*definition.state(id).name]);
        let outer = holder.unwrap_or([0.0, 0.0, self.size[0], self.size[1]]);
        assert!(
            left > outer[0] && top > outer[1] && right < outer[2] && bottom < outer[3],
            "{} sticks out",
            state.name
        );
    }

    fn check_transitions(&self, definition: &Definition, state: &State) {
        let next = match state.transition {
            Some(Transition::Next(next)) => vec![next],
            Some(Transition::End) => {
                assert_eq!(self.count("link", &state.name, ""), 1, "{} has no end", state.name);
                Vec::new()
            }
            None => Vec::new(),
        };
        let chosen = match &state.kind {
            StateKind::Choice(choice) => choice.rules.iter().map(|rule| rule.next).chain(choice.default).collect(),
            _ => Vec::new(),
        };
        for to in next.into_iter().chain(chosen) {
            let to = &definition.state(to).name;
            assert_eq!(self.count("link", &state.name, to), 1, "{} to {to}", state.name);
        }
        for catcher in &state.catch {
            let to = &definition.state(catcher.next).name;
            assert_eq!(self.count("link catch", &state.name, to), 1, "{} catches to {to}", state.name);
        }
    }

    fn count(&self, class: &str, from: &str, to: &str) -> usize {
        self.lines.iter().filter(|line| line.class == class && line.from == from && line.to == to).count()
    }

    /// A line begins and ends at the side of a box.
    fn check_end(&self, name: &str, [x, y]: [f64; 2]) {
        let Some([left, top, right, bottom]) = self.boxes.get(name) else { return };
        let near = |one: f64, other: f64| (one - other).abs() < 0.2;
        let at_side = (near(x, *right) && *top < y && y < *bottom) || near(y, *top) || near(y, *bottom);
        assert!(at_side && *left < x && x < right + 0.2, "a line meets {name} at {x}, {y}");
    }

    fn check_line(&self, definition: &Definition, line: &Line) {
        let within = if line.from.is_empty() { &line.to } else { &line.from };
        for (name, [left, top, right, bottom]) in &self.boxes {
            if holds(definition, name, within) {
                continue;
            }
            let crossing = line
                .points
                .iter()
                .find(|[x, y]| left + 1.0 < *x && *x < right - 1.0 && top + 1.0 < *y && *y < bottom - 1.0);
            assert!(crossing.is_none(), "{} to {} crosses {name} at {crossing:?}", line.from, line.to);
        }
        self.check_end(&line.from, line.points[0]);
        if line.arrives {
            self.check_end(&line.to, line.points[line.points.len() - 1]);
        }
        for [x, y] in &line.points {
            assert!((0.0..=self.size[0]).contains(x) && (0.0..=self.size[1]).contains(y), "{} leaves", line.from);
        }
    }
}

/// Whether the state `outer` holds the state `inner`, at any depth.
fn holds(definition: &Definition, outer: &str, inner: &str) -> bool {
    let mut state = definition.state_named(inner).expect("known");
    while let Some(parent) = definition.machine(state.machine).parent {
        state = definition.state(parent);
        if &*state.name == outer {
            return true;
        }
    }
    false
}

fn overlap(one: Rect, other: Rect) -> bool {
    one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let text = rest.split('"').next()?;
    let unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    Some(unescaped.replace("&amp;", "&"))
}

/// Points of a path of M, V and C.
fn sample(path: &str) -> Vec<[f64; 2]> {
    let mut points: Vec<[f64; 2]> = Vec::new();
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(['M', 'V', 'C']).map_or(rest.len(), |place| place + 1);
        let numbers: Vec<f64> = rest[1..end].split(' ').map(|number| number.parse().expect("a number")).collect();
        let from = points.last().copied().unwrap_or_default();
        for step in 1..=20 {
            let t = f64::from(step) / 20.0;
            points.push(match (command, &numbers[..]) {
                ('M', &[x, y]) => [x, y],
                ('V', &[y]) => [from[0], from[1] + (y - from[1]) * t],
                ('C', &[x1, y1, x2, y2, x, y]) => [bezier([from[0], x1, x2, x], t), bezier([from[1], y1, y2, y], t)],
                other => panic!("{other:?} in {path}"),
            });
        }
        rest = &rest[end..];
    }
    points
}

fn bezier([a, b, c, d]: [f64; 4], t: f64) -> f64 {
    let s = 1.0 - t;
    s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
}
