//! Rows, ports and routes: where on its box each line begins and ends, and by which points it goes.

use super::{
    Layout, Link, Point, Route, Size,
    chain::{Grid, What},
    spread::spread,
};

/// Between two layers of boxes.
const ROW_GAP: f64 = 38.0;
/// Between a layer of labels and another.
const LABEL_GAP: f64 = 15.0;
/// A line that goes far to the side gets this much more room for each pixel, up to the most.
const SLOPE: f64 = 0.07;
const MOST_SLOPE: f64 = 36.0;
/// Between two lines at one side of a box, and between a line and the box's corner.
const PORT_GAP: f64 = 16.0;
const CORNER: f64 = 14.0;

/// The rows of the layers.
struct Row {
    top: f64,
    bottom: f64,
}

/// The whole layout, from the columns of the items.
pub(super) fn route(grid: &Grid, links: &[Link], columns: Vec<f64>) -> Layout {
    let rows = rows(grid, &columns);
    let ports = ports(grid, &columns);
    let middle = |item: usize| {
        let row = &rows[grid.items[item].layer];
        Point { x: columns[item], y: (row.top + row.bottom) / 2.0 }
    };
    let right = |item: usize| columns[item] + grid.items[item].half();
    let size = Size {
        width: (0..grid.items.len()).map(right).fold(0.0, f64::max),
        height: rows.last().map_or(0.0, |row| row.bottom),
    };
    let mut routes = vec![Route::default(); grid.chains.len()];
    let mut drawn = vec![false; grid.pieces.len()];
    // The longest of the links that join comes first and goes all the way.
    let mut order: Vec<usize> = (0..grid.chains.len()).collect();
    order.sort_by_key(|&link| std::cmp::Reverse(grid.chains[link].len()));
    for link in order {
        let mut walk = Walk { grid, rows: &rows, ports: &ports, columns: &columns, route: Route::default() };
        walk.run(&grid.chains[link], links[link].from, &mut drawn);
        routes[link] = walk.route;
    }
    let vertices = (0..grid.items.len()).filter(|&item| grid.items[item].what == What::Vertex).map(middle).collect();
    Layout { size, vertices, routes }
}

fn rows(grid: &Grid, columns: &[f64]) -> Vec<Row> {
    let mut slopes = vec![0.0_f64; grid.layers.len()];
    for piece in &grid.pieces {
        let layer = grid.items[piece.upper].layer;
        slopes[layer] = slopes[layer].max((columns[piece.upper] - columns[piece.lower]).abs());
    }
    let has_labels = |layer: usize| {
        grid.layers.get(layer).is_some_and(|items| items.iter().any(|&item| grid.items[item].what == What::Label))
    };
    let mut rows = Vec::with_capacity(grid.layers.len());
    let mut top = 0.0;
    for (layer, items) in grid.layers.iter().enumerate() {
        let height = items.iter().map(|&item| grid.items[item].size.height).fold(0.0, f64::max);
        rows.push(Row { top, bottom: top + height });
        let gap = if has_labels(layer) || has_labels(layer + 1) { LABEL_GAP } else { ROW_GAP };
        top += height + gap + (slopes[layer] * SLOPE).min(MOST_SLOPE);
    }
    rows
}

/// For each piece the x of its upper and its lower end.
fn ports(grid: &Grid, columns: &[f64]) -> Vec<[f64; 2]> {
    let mut ports: Vec<[f64; 2]> =
        grid.pieces.iter().map(|piece| [columns[piece.upper], columns[piece.lower]]).collect();
    let mut sides = vec![[Vec::new(), Vec::new()]; grid.items.len()];
    for (index, piece) in grid.pieces.iter().enumerate() {
        sides[piece.upper][0].push(index);
        sides[piece.lower][1].push(index);
    }
    for (item, sides) in sides.into_iter().enumerate() {
        for (side, pieces) in sides.into_iter().enumerate() {
            if grid.items[item].what == What::Vertex {
                side_ports(grid, columns, item, side, pieces, &mut ports);
            }
        }
    }
    ports
}

/// The ports at the bottom (side 0) or the top (side 1) of a box.
fn side_ports(grid: &Grid, columns: &[f64], item: usize, side: usize, mut pieces: Vec<usize>, ports: &mut [[f64; 2]]) {
    let other = |piece: usize| if side == 0 { grid.pieces[piece].lower } else { grid.pieces[piece].upper };
    pieces.sort_by(|&a, &b| columns[other(a)].total_cmp(&columns[other(b)]).then(a.cmp(&b)));
    let wishes: Vec<(f64, f64)> = pieces
        .iter()
        .map(|&piece| {
            let Some(x) = straight(grid, columns, item, other(piece)) else {
                return (
                    columns[other(piece)].clamp(reach(grid, columns, item)[0], reach(grid, columns, item)[1]),
                    0.1,
                );
            };
            (x, grid.pieces[piece].weight * 10.0)
        })
        .collect();
    let [left, right] = reach(grid, columns, item);
    let gap = PORT_GAP.min((right - left) / wishes.len().saturating_sub(1).max(1) as f64);
    let places = spread(&wishes, &vec![gap; wishes.len().saturating_sub(1)]);
    let count = places.len();
    for (index, (&piece, place)) in pieces.iter().zip(places).enumerate() {
        // What would stick out makes room for what is beside it as well.
        let highest = right - gap * (count - 1 - index) as f64;
        ports[piece][side] = place.min(highest).max(left + gap * index as f64);
    }
}

/// Where lines may meet a box.
fn reach(grid: &Grid, columns: &[f64], item: usize) -> [f64; 2] {
    let half = (grid.items[item].size.width / 2.0 - CORNER).max(0.0);
    [columns[item] - half, columns[item] + half]
}

/// The x of a straight line between two items, if there is one: at best through the middle of the upper.
fn straight(grid: &Grid, columns: &[f64], one: usize, other: usize) -> Option<f64> {
    let (upper, lower) = if grid.items[one].layer < grid.items[other].layer { (one, other) } else { (other, one) };
    let within = |x: f64, item: usize| {
        let [left, right] = reach(grid, columns, item);
        left <= x + 0.5 && x <= right + 0.5
    };
    [upper, lower].into_iter().map(|item| columns[item]).find(|&x| within(x, upper) && within(x, lower))
}

/// A link on its way.
struct Walk<'a> {
    grid: &'a Grid,
    rows: &'a [Row],
    ports: &'a [[f64; 2]],
    columns: &'a [f64],
    route: Route,
}

impl Walk<'_> {
    fn run(&mut self, chain: &[usize], from: usize, drawn: &mut [bool]) {
        let mut at = from;
        self.route.arrives = true;
        for &piece in chain {
            if std::mem::replace(&mut drawn[piece], true) {
                self.route.arrives = false;
                break;
            }
            let ends = &self.grid.pieces[piece];
            let downwards = ends.upper == at;
            let mut points = self.points(piece);
            if !downwards {
                points.reverse();
            }
            self.route.points.extend(points);
            at = if downwards { ends.lower } else { ends.upper };
            self.pass(at);
        }
        self.route.points.dedup_by(|next, last| (next.x - last.x).abs() < 0.05 && (next.y - last.y).abs() < 0.05);
    }

    /// Through the middle of a label.
    fn pass(&mut self, item: usize) {
        if self.grid.items[item].what == What::Label {
            let row = &self.rows[self.grid.items[item].layer];
            self.route.label = Some(Point { x: self.columns[item], y: (row.top + row.bottom) / 2.0 });
        }
    }

    /// From the upper end down to the lower. Within its row a line is upright: what stands beside it there is not
    /// crossed.
    fn points(&self, piece: usize) -> [Point; 4] {
        let (ends, [upper, lower]) = (&self.grid.pieces[piece], self.ports[piece]);
        let (upper_row, lower_row) = (self.row(ends.upper), self.row(ends.lower));
        [
            Point { x: upper, y: self.edge(ends.upper, 0.5).unwrap_or(upper_row.bottom) },
            Point { x: upper, y: upper_row.bottom },
            Point { x: lower, y: lower_row.top },
            Point { x: lower, y: self.edge(ends.lower, -0.5).unwrap_or(lower_row.top) },
        ]
    }

    fn row(&self, item: usize) -> &Row {
        &self.rows[self.grid.items[item].layer]
    }

    /// The y of a box's edge, so many heights below its middle.
    fn edge(&self, item: usize, heights: f64) -> Option<f64> {
        let (row, item) = (self.row(item), &self.grid.items[item]);
        (item.what == What::Vertex).then(|| (row.top + row.bottom) / 2.0 + item.size.height * heights)
    }
}
