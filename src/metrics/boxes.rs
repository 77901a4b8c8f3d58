//! A tree of bounding boxes that finds the nearest of many small things.

/// Lower and upper corner.
pub(super) type Bounds = [[f64; 3]; 2];

const LEAF: usize = 4;

enum Node {
    /// Two children, at the next index and at this one.
    Branch(usize),
    /// Things, as a range of the order.
    Leaf(std::ops::Range<usize>),
}

/// Boxes of things, halved at the median until few are left in each.
pub(super) struct Boxes {
    nodes: Vec<(Bounds, Node)>,
    order: Vec<usize>,
}

impl Boxes {
    pub(super) fn new(things: &[Bounds]) -> Self {
        let mut boxes = Self {
            nodes: Vec::new(),
            order: (0..things.len()).collect(),
        };
        if !things.is_empty() {
            boxes.split(things, 0..things.len());
        }
        boxes
    }

    fn split(&mut self, things: &[Bounds], range: std::ops::Range<usize>) {
        let members = &mut self.order[range.clone()];
        let bounds = members.iter().fold(
            [[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]],
            |[low, high], &thing| {
                let [other_low, other_high] = things[thing];
                [
                    [0, 1, 2].map(|i| low[i].min(other_low[i])),
                    [0, 1, 2].map(|i| high[i].max(other_high[i])),
                ]
            },
        );
        let node = self.nodes.len();
        if members.len() <= LEAF {
            self.nodes.push((bounds, Node::Leaf(range)));
            return;
        }
        let extent = |&axis: &usize| bounds[1][axis] - bounds[0][axis];
        let axis = (0..3).max_by(|a, b| extent(a).total_cmp(&extent(b))).unwrap_or(0);
        let middle = |&thing: &usize| things[thing][0][axis] + things[thing][1][axis];
        let half = members.len() / 2;
        members.select_nth_unstable_by(half, |a, b| middle(a).total_cmp(&middle(b)));
        self.nodes.push((bounds, Node::Branch(0)));
        self.split(things, range.start..range.start + half);
        self.nodes[node].1 = Node::Branch(self.nodes.len());
        self.split(things, range.start + half..range.end);
    }

    /// The least `exact` of all things; `bound` must not exceed it for any thing inside of a box.
    pub(super) fn nearest(&self, bound: impl Fn(&Bounds) -> f64, exact: impl Fn(usize) -> f64) -> f64 {
        let mut best = f64::INFINITY;
        let mut open: Vec<(f64, usize)> = Vec::with_capacity(64);
        open.extend(self.nodes.first().map(|(bounds, _)| (bound(bounds), 0)));
        while let Some((least, node)) = open.pop() {
            if least >= best {
                continue;
            }
            match &self.nodes[node].1 {
                Node::Leaf(range) => {
                    best = self.order[range.clone()]
                        .iter()
                        .map(|&thing| exact(thing))
                        .fold(best, f64::min);
                }
                Node::Branch(second) => {
                    let mut children = [node + 1, *second].map(|child| (bound(&self.nodes[child].0), child));
                    if children[0].0 < children[1].0 {
                        children.swap(0, 1); // the nearer one is opened first
                    }
                    open.extend(children);
                }
            }
        }
        best
    }
}

/// The squared distance between two boxes, 0 where they meet.
pub(super) fn squared_gap(a: &Bounds, b: &Bounds) -> f64 {
    (0..3)
        .map(|axis| {
            (a[0][axis] - b[1][axis])
                .max(b[0][axis] - a[1][axis])
                .max(0.0)
                .powi(2)
        })
        .sum()
}
