//! The rank of each vertex: one more than the deepest that leads to it, links of loops back left out.

use super::Link;

/// Ranks from 0.
pub(super) fn ranks(vertices: usize, links: &[Link]) -> Vec<usize> {
    let mut successors = vec![Vec::new(); vertices];
    for link in links {
        successors[link.from].push(link.to);
    }
    let (order, back) = depth_first(&successors);
    let mut ranks = vec![0; vertices];
    for &vertex in &order {
        for &next in &successors[vertex] {
            if !back.contains(&(vertex, next)) {
                ranks[next] = ranks[next].max(ranks[vertex] + 1);
            }
        }
    }
    ranks
}

type BackLinks = std::collections::HashSet<(usize, usize)>;

/// The vertices in topological order, and the links that lead back to a vertex on the way to them.
fn depth_first(successors: &[Vec<usize>]) -> (Vec<usize>, BackLinks) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; successors.len()];
    let (mut finished, mut back) = (Vec::new(), BackLinks::new());
    for root in 0..successors.len() {
        let mut path = Vec::new();
        if marks[root] == Mark::New {
            marks[root] = Mark::Open;
            path.push((root, 0));
        }
        while let Some((vertex, position)) = path.last_mut() {
            let Some(&next) = successors[*vertex].get(*position) else {
                marks[*vertex] = Mark::Done;
                finished.push(*vertex);
                path.pop();
                continue;
            };
            *position += 1;
            match marks[next] {
                Mark::New => {
                    marks[next] = Mark::Open;
                    path.push((next, 0));
                }
                Mark::Open => drop(back.insert((*vertex, next))),
                Mark::Done => {}
            }
        }
    }
    finished.reverse();
    (finished, back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vertex_stands_below_all_that_lead_to_it() {
        type Case = (&'static [(usize, usize)], [usize; 3]);
        let cases: [Case; 4] = [
            (&[(0, 1), (1, 2)], [0, 1, 2]),
            (&[(0, 1), (0, 2), (1, 2)], [0, 1, 2]),
            (&[(0, 1), (1, 2), (2, 1), (2, 2)], [0, 1, 2]),
            (&[(0, 1), (1, 0), (2, 1)], [0, 1, 0]),
        ];
        for (links, expected) in cases {
            let links: Vec<Link> =
                links.iter().map(|&(from, to)| Link { from, to, bundle: 0, weight: 1.0, label: None }).collect();
            assert_eq!(ranks(3, &links), expected, "{links:?}");
        }
    }
}
