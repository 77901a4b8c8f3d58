//! ONNX files written by hand, good ones and hostile ones. Field numbers are those of onnx.proto.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub type Message = Vec<u8>;

fn varint(mut number: u64) -> Message {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

pub fn number(field: u64, value: u64) -> Message {
    [varint(field << 3), varint(value)].concat()
}

pub fn bytes(field: u64, value: &[u8]) -> Message {
    [&varint(field << 3 | 2)[..], &varint(value.len() as u64), value].concat()
}

pub fn text(field: u64, value: &str) -> Message {
    bytes(field, value.as_bytes())
}

/// A tensor of f32 (kind 1) or i64 (kind 7) with raw data.
pub fn tensor(name: &str, kind: u64, sizes: &[u64], raw: &[u8]) -> Message {
    let sizes: Vec<Message> = sizes.iter().map(|&size| number(1, size)).collect();
    [sizes.concat(), number(2, kind), text(8, name), bytes(9, raw)].concat()
}

pub fn integers(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor(name, 7, &[values.len() as u64], &raw)
}

/// f32 weights that lie in the file `location`.
pub fn external(name: &str, sizes: &[u64], location: &str) -> Message {
    let sizes: Vec<Message> = sizes.iter().map(|&size| number(1, size)).collect();
    let entry = [text(1, "location"), text(2, location)].concat();
    [
        sizes.concat(),
        number(2, 1),
        text(8, name),
        bytes(13, &entry),
        number(14, 1),
    ]
    .concat()
}

/// An operator; `attributes` are whole AttributeProtos.
pub fn node(kind: &str, inputs: &[&str], outputs: &[&str], attributes: &[Message]) -> Message {
    let inputs = inputs.iter().map(|name| text(1, name));
    let outputs = outputs.iter().map(|name| text(2, name));
    let attributes = attributes.iter().map(|attribute| bytes(5, attribute));
    inputs
        .chain(outputs)
        .chain([text(4, kind)])
        .chain(attributes)
        .flatten()
        .collect()
}

pub fn attribute_integer(name: &str, value: i64) -> Message {
    [text(1, name), number(3, value as u64), number(20, 2)].concat()
}

pub fn attribute_integers(name: &str, values: &[i64]) -> Message {
    let values: Message = values.iter().flat_map(|&value| number(8, value as u64)).collect();
    [text(1, name), values, number(20, 7)].concat()
}

pub fn attribute_tensor(name: &str, tensor: &[u8]) -> Message {
    [text(1, name), bytes(5, tensor), number(20, 4)].concat()
}

pub fn attribute_graph(name: &str, graph: &[u8]) -> Message {
    [text(1, name), bytes(6, graph), number(20, 5)].concat()
}

/// A value's name and type: a number for a fixed size, a word for an open one.
pub fn value(name: &str, kind: u64, sizes: &[&str]) -> Message {
    let size = |size: &&str| match size.parse() {
        Ok(value) => bytes(1, &number(1, value)),
        Err(_) => bytes(1, &text(2, size)),
    };
    let shape: Message = sizes.iter().flat_map(size).collect();
    let tensor = [number(1, kind), bytes(2, &shape)].concat();
    [text(1, name), bytes(2, &bytes(1, &tensor))].concat()
}

pub fn graph(nodes: &[Message], weights: &[Message], inputs: &[Message], outputs: &[Message]) -> Message {
    let parts = [(1, nodes), (5, weights), (11, inputs), (12, outputs)];
    let parts = parts
        .iter()
        .flat_map(|(field, parts)| parts.iter().map(|part| bytes(*field, part)));
    parts.chain([text(2, "graph")]).flatten().collect()
}

pub fn model(graph: &[u8]) -> Message {
    let opset = [text(1, ""), number(2, 17)].concat();
    [number(1, 8), bytes(7, graph), bytes(8, &opset)].concat()
}

/// A network from `edges` `[n,16,3]` to `noise` `[n,3]`, as the bundle of [`folder`] wants it.
pub fn network(nodes: &[Message], weights: &[Message]) -> Message {
    let input = value("edges", 1, &["n", "16", "3"]);
    model(&graph(
        nodes,
        weights,
        &[input],
        &[value("noise", 1, &["m", "w"])],
    ))
}

/// `[n,16,3]` to `[n,3]`.
pub fn largest(from: &str, to: &str) -> Message {
    let attributes = [attribute_integers("axes", &[1]), attribute_integer("keepdims", 0)];
    node("ReduceMax", &[from], &[to], &attributes)
}

/// A bundle whose only network is this one; it looks at a point's own neighbours and asks for edges alone.
pub fn folder(network: &[u8]) -> TempDir {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bundle/bundle.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(source).unwrap()).unwrap();
    let digest: String = Sha256::digest(network)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    manifest["stages"] = json!([{
        "role": "score", "file": "score.onnx", "sha256": digest, "hops": 0, "inputs": ["edges"], "outputs": ["noise"]
    }]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bundle.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.path().join("score.onnx"), network).unwrap();
    folder
}
