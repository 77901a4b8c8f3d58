//! Looks into a network before ONNX Runtime does: a file from a stranger must not read other files, run in circles, or
//! claim tensors that it has not got.
//!
//! ONNX Runtime follows external data relative to the working directory where a model comes from memory (some versions
//! anywhere), runs any Loop, and allocates what a shape says. None of that has a use in a bundle: networks are small, hold
//! their own weights and do a fixed amount of work for each point. Field numbers are those of onnx.proto
//! (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).

mod tensor;
mod wire;

use std::collections::HashMap;

use tensor::Tensor;
use wire::{Fields, Value};

/// Graphs inside of graphs: the branches of an If. More than that nobody needs, and each takes a stack frame.
const MOST_DEEP: usize = 4;

/// Where our own operators live.
const DOMAIN: &[u8] = b"quietcloud";

/// Elements of a tensor whose size the file itself sets: 64 MiB of f32.
const MOST_ELEMENTS: u64 = 1 << 24;

/// Operators that run their body until it says otherwise.
const ENDLESS: [&str; 3] = ["Loop", "Scan", "SequenceMap"];

/// Operators with an input that sets a size, and its place.
const SIZED: [(&str, usize); 5] = [
    ("ConstantOfShape", 0),
    ("Expand", 1),
    ("Tile", 1),
    ("Pad", 1),
    ("OneHot", 1),
];

/// Small integer constants by name: what shapes are made of.
type Literals = HashMap<Vec<u8>, Vec<i64>>;

/// Refuses a network that could do anything but compute with what it is given; the error is the end of a sentence that
/// starts with the file's name.
pub(super) fn verify(file: &[u8]) -> Result<(), String> {
    let (mut graphs, mut own) = (Vec::new(), Vec::new());
    for field in Fields(file) {
        match field? {
            (7, Value::Bytes(bytes)) => graphs.push(bytes),
            (20, Value::Bytes(_)) => {
                return Err("has training graphs of its own, expected one graph alone".into());
            }
            (25, Value::Bytes(bytes)) => own.push(function(bytes)?),
            (7 | 20 | 25, _) => return Err("is no ONNX file: its graph is a number".into()),
            _ => {}
        }
    }
    match graphs[..] {
        [bytes] => graph(bytes, &Literals::new(), &own, 1),
        _ => Err(format!(
            "has {} graphs, expected an ONNX file with one",
            graphs.len()
        )),
    }
}

/// The name of an operator of ours (src/model/operators) whose meaning the file carries. It is made of ONNX's own, not of
/// other functions: those could call each other twice each, and again.
fn function(bytes: &[u8]) -> Result<&[u8], String> {
    let (mut name, mut domain): (&[u8], &[u8]) = (b"", b"");
    let mut nodes = Vec::new();
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => name = bytes,
            (7, Value::Bytes(bytes)) => nodes.push(Node::read(bytes)?),
            (10, Value::Bytes(bytes)) => domain = bytes,
            _ => {}
        }
    }
    if domain != DOMAIN {
        let domain = String::from_utf8_lossy(domain);
        return Err(format!(
            "has functions of '{domain:.40}', expected none but those of 'quietcloud'"
        ));
    }
    of_nodes(&nodes, Literals::new(), &[], 1)?;
    Ok(name)
}

/// `outer`: the constants of the graph around it; `own`: the functions that the file has.
fn graph(bytes: &[u8], outer: &Literals, own: &[&[u8]], depth: usize) -> Result<(), String> {
    if depth > MOST_DEEP {
        return Err(format!("has graphs inside of graphs, more than {MOST_DEEP} deep"));
    }
    let mut literals = outer.clone();
    let mut nodes = Vec::new();
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => nodes.push(Node::read(bytes)?),
            (5, Value::Bytes(bytes)) => {
                let tensor = Tensor::read(bytes)?;
                literals.extend(tensor.literal().map(|values| (tensor.name.to_vec(), values)));
            }
            (15, _) => return Err("has sparse weights, expected dense ones".into()),
            _ => {}
        }
    }
    of_nodes(&nodes, literals, own, depth)
}

fn of_nodes(nodes: &[Node], mut literals: Literals, own: &[&[u8]], depth: usize) -> Result<(), String> {
    for node in nodes {
        if let ("Constant", Some(values), Some(output)) = (node.kind, &node.constant, node.outputs.first()) {
            literals.insert(output.to_vec(), values.clone());
        }
    }
    nodes
        .iter()
        .try_for_each(|node| node.verify(&literals, own, depth))
}

/// One operator at work.
struct Node<'a> {
    kind: &'a str,
    domain: &'a [u8],
    inputs: Vec<&'a [u8]>,
    outputs: Vec<&'a [u8]>,
    /// What its attributes hold.
    graphs: Vec<&'a [u8]>,
    constant: Option<Vec<i64>>,
}

impl<'a> Node<'a> {
    fn read(bytes: &'a [u8]) -> Result<Node<'a>, String> {
        let mut node = Node {
            kind: "",
            domain: b"",
            inputs: Vec::new(),
            outputs: Vec::new(),
            graphs: Vec::new(),
            constant: None,
        };
        for field in Fields(bytes) {
            match field? {
                (1, Value::Bytes(name)) => node.inputs.push(name),
                (2, Value::Bytes(name)) => node.outputs.push(name),
                (4, Value::Bytes(kind)) => {
                    node.kind =
                        std::str::from_utf8(kind).map_err(|_| "has an operator whose name is no text")?;
                }
                (5, Value::Bytes(bytes)) => node.attribute(bytes)?,
                (7, Value::Bytes(domain)) => node.domain = domain,
                _ => {}
            }
        }
        Ok(node)
    }

    fn attribute(&mut self, bytes: &'a [u8]) -> Result<(), String> {
        let mut numbers = Vec::new();
        for field in Fields(bytes) {
            match field? {
                (5 | 10, Value::Bytes(bytes)) => {
                    let tensor = Tensor::read(bytes)?;
                    self.constant = tensor.literal().or(self.constant.take());
                }
                (6 | 11, Value::Bytes(graph)) => self.graphs.push(graph),
                (3, Value::Number(number)) => numbers.push(number as i64),
                (8, Value::Number(number)) => numbers.push(number as i64),
                (8, Value::Bytes(mut packed)) => {
                    while let Some(number) = wire::varint(&mut packed) {
                        numbers.push(number as i64);
                    }
                }
                (22 | 23, _) => return Err("has sparse weights, expected dense ones".into()),
                _ => {}
            }
        }
        if self.constant.is_none() && !numbers.is_empty() {
            self.constant = Some(numbers);
        }
        Ok(())
    }

    fn verify(&self, literals: &Literals, own: &[&[u8]], depth: usize) -> Result<(), String> {
        let kind = self.kind;
        let known = self.domain == DOMAIN && own.contains(&kind.as_bytes());
        if !known && !matches!(self.domain, b"" | b"ai.onnx") {
            let domain = String::from_utf8_lossy(self.domain);
            return Err(format!(
                "asks for the operator {kind:.40?} of '{domain:.40}', expected ONNX's own operators"
            ));
        }
        if ENDLESS.contains(&kind) {
            return Err(format!(
                "has the operator {kind}, whose work nothing bounds; expected a fixed amount for each point"
            ));
        }
        let size = SIZED
            .iter()
            .filter(|sized| sized.0 == kind)
            .find_map(|sized| literals.get(*self.inputs.get(sized.1)?));
        if let Some(size) = size {
            let elements = size
                .iter()
                .map(|factor| factor.unsigned_abs().max(1))
                .fold(1, u64::saturating_mul);
            if elements > MOST_ELEMENTS {
                return Err(format!(
                    "makes a tensor of {size:?} with {kind}, expected {MOST_ELEMENTS} numbers at most"
                ));
            }
        }
        self.graphs
            .iter()
            .try_for_each(|bytes| graph(bytes, literals, own, depth + 1))
    }
}
