//! Networks from strangers: what could read files, run in circles or take all memory is refused; what only fails, fails
//! with an error and leaves the library usable.

mod networks;
mod stand_in;

use std::ops::ControlFlow;

use networks::*;
use quietcloud::bundle::Bundle;
use quietcloud::{CloudView, Denoised, Device, Error, Model, Params, denoise};

fn params() -> Params {
    Params {
        noise: 0.05,
        steps: 2,
        threads: 1,
        ..Params::default()
    }
}

/// The reason why the bundle is refused before ONNX Runtime sees it.
fn refusal(network: &[u8]) -> String {
    match Bundle::open(folder(network).path()) {
        Err(Error::Bundle { reason, .. }) => {
            assert!(
                !reason.contains('\n') && reason.starts_with("score.onnx "),
                "{reason}"
            );
            reason
        }
        other => panic!("{other:?}"),
    }
}

fn tells(text: &str, part: &str) {
    assert!(text.contains(part), "'{text}' does not tell '{part}'");
}

fn run(network: &[u8]) -> Result<Denoised, Error> {
    stand_in::need_runtime();
    let cloud = stand_in::noisy_sphere(300, 1.0, [0.0; 3], 0.05);
    let model = Model::open(folder(network).path(), Device::Cpu)?;
    denoise(&model, CloudView::from_f64(&cloud), &params(), &mut ())
}

#[test]
fn a_network_written_by_hand_runs() {
    let good = network(&[largest("edges", "noise")], &[]);
    assert_eq!(run(&good).unwrap().points.len(), 300);
}

#[test]
fn weights_in_other_files_are_never_followed() {
    let folder_of_ours = tempfile::tempdir().unwrap();
    let secret = folder_of_ours.path().join("secret.bin");
    std::fs::write(&secret, [0; 12]).unwrap();
    for location in [
        "weights.bin",
        "../secret.bin",
        "../../../../etc/passwd",
        secret.to_str().unwrap(),
        "",
    ] {
        let nodes = [largest("edges", "a"), node("Add", &["a", "w"], &["noise"], &[])];
        tells(
            &refusal(&network(&nodes, &[external("w", &[3], location)])),
            "another file",
        );

        // The same in a Constant, and in the branch of an If.
        let constant = node(
            "Constant",
            &[],
            &["w"],
            &[attribute_tensor("value", &external("", &[3], location))],
        );
        let nodes = [
            largest("edges", "a"),
            constant.clone(),
            node("Add", &["a", "w"], &["noise"], &[]),
        ];
        tells(&refusal(&network(&nodes, &[])), "another file");
        let branch = graph(&[constant], &[], &[], &[value("w", 1, &["3"])]);
        let branches = [
            attribute_graph("then_branch", &branch),
            attribute_graph("else_branch", &branch),
        ];
        let nodes = [largest("edges", "noise"), node("If", &["c"], &["v"], &branches)];
        tells(
            &refusal(&network(&nodes, &[tensor("c", 9, &[], &[1])])),
            "another file",
        );
    }
    // A location alone, without the word that says it counts.
    let entry = [text(1, "location"), text(2, "weights.bin")].concat();
    let half = [number(1, 3), number(2, 1), text(8, "w"), bytes(13, &entry)].concat();
    tells(
        &refusal(&network(&[largest("edges", "noise")], &[half])),
        "another file",
    );
}

#[test]
fn endless_operators_are_refused() {
    let body = graph(
        &[node("Identity", &["going"], &["goes_on"], &[])],
        &[],
        &[value("i", 7, &[]), value("going", 9, &[])],
        &[value("goes_on", 9, &[])],
    );
    let forever = node("Loop", &["", "c"], &[], &[attribute_graph("body", &body)]);
    let weights = [tensor("c", 9, &[], &[1])];
    tells(
        &refusal(&network(&[largest("edges", "noise"), forever.clone()], &weights)),
        "Loop",
    );

    let branch = graph(&[forever], &weights, &[], &[]);
    let hidden = node("If", &["c"], &[], &[attribute_graph("then_branch", &branch)]);
    tells(
        &refusal(&network(&[largest("edges", "noise"), hidden], &weights)),
        "Loop",
    );
    for kind in ["Scan", "SequenceMap"] {
        let nodes = [node(
            kind,
            &["edges"],
            &["noise"],
            &[attribute_graph("body", &body)],
        )];
        tells(&refusal(&network(&nodes, &[])), kind);
    }
}

#[test]
fn graphs_in_graphs_in_graphs_do_not_exhaust_the_stack() {
    let mut inner = graph(&[], &[], &[], &[]);
    for _ in 0..2000 {
        inner = graph(
            &[node("If", &["c"], &[], &[attribute_graph("then_branch", &inner)])],
            &[],
            &[],
            &[],
        );
    }
    tells(&refusal(&model(&inner)), "graphs inside of graphs");
}

/// Our own operators come with their meaning, which may be no more than a graph may.
#[test]
fn functions_are_looked_into_like_graphs() {
    let ours = |kind: &str| [node(kind, &["edges"], &["noise"], &[]), text(7, "quietcloud")].concat();
    let function = |inside: &[u8], domain: &str| {
        let parts = [text(1, "Twice"), bytes(7, inside), text(10, domain)];
        bytes(25, &parts.concat())
    };
    let caller = network(&[ours("Twice")], &[]);
    tells(&refusal(&caller), "operator \"Twice\" of 'quietcloud'");
    let forever = node("Loop", &["", "c"], &["noise"], &[]);
    tells(
        &refusal(&[&caller[..], &function(&forever, "quietcloud")].concat()),
        "Loop",
    );
    tells(
        &refusal(&[&caller[..], &function(&ours("Twice"), "quietcloud")].concat()),
        "operator \"Twice\" of 'quietcloud'",
    );
    let harmless = node("Identity", &["edges"], &["noise"], &[]);
    tells(
        &refusal(&[&caller[..], &function(&harmless, "com.example")].concat()),
        "com.example",
    );
}

#[test]
fn foreign_operators_functions_and_sparse_weights_are_refused() {
    let foreign = [
        node("Secret", &["edges"], &["noise"], &[]),
        text(7, "com.example"),
    ]
    .concat();
    tells(&refusal(&network(&[foreign], &[])), "com.example");
    let good = network(&[largest("edges", "noise")], &[]);
    tells(
        &refusal(&[&good[..], &bytes(25, &text(1, "f"))].concat()),
        "functions",
    );
    tells(&refusal(&[good.clone(), good.clone()].concat()), "2 graphs");
    let sparse = [graph(&[largest("edges", "noise")], &[], &[], &[]), bytes(15, &[])].concat();
    tells(&refusal(&model(&sparse)), "sparse");
}

#[test]
fn sizes_that_are_a_lie_are_refused() {
    let nodes = [largest("edges", "noise")];
    for sizes in [
        &[1 << 40][..],
        &[1 << 32, 1 << 32],
        &[u64::MAX],
        &[1 << 20, 1 << 20],
    ] {
        refusal(&network(&nodes, &[tensor("w", 1, sizes, &[0; 64])]));
    }
    let shape = [100_000, 100_000];
    for kind in ["ConstantOfShape", "Expand", "Tile"] {
        let inputs = if kind == "ConstantOfShape" {
            &["s"][..]
        } else {
            &["edges", "s"]
        };
        let nodes = [largest("edges", "noise"), node(kind, inputs, &["huge"], &[])];
        tells(&refusal(&network(&nodes, &[integers("s", &shape)])), kind);
        for attribute in [
            attribute_tensor("value", &integers("", &shape)),
            attribute_integers("value_ints", &shape),
        ] {
            let constant = node("Constant", &[], &["s"], &[attribute]);
            let nodes = [
                constant,
                largest("edges", "noise"),
                node(kind, inputs, &["huge"], &[]),
            ];
            tells(&refusal(&network(&nodes, &[])), kind);
        }
    }
}

#[test]
fn what_is_no_onnx_is_refused() {
    stand_in::need_runtime();
    let good = network(&[largest("edges", "noise")], &[]);
    for end in 0..good.len() {
        // Between two fields it is a network without the rest, which ONNX Runtime refuses.
        let result = Model::open(folder(&good[..end]).path(), Device::Cpu);
        assert!(
            matches!(result, Err(Error::Bundle { .. })),
            "the first {end} bytes"
        );
    }
    for other in [
        &b"ORTM, another format"[..],
        b"\x08\x08",
        &[0; 100],
        b"PK\x03\x04",
    ] {
        refusal(other);
    }
}

#[test]
fn outputs_of_other_shapes_are_errors_and_the_next_run_works() {
    let flat = attribute_integers("axes", &[1, 2]);
    let drop = attribute_integer("keepdims", 0);
    let nodes = [
        vec![node("ReduceMax", &["edges"], &["noise"], &[flat, drop])],
        vec![node("Identity", &["edges"], &["noise"], &[])],
        vec![
            largest("edges", "a"),
            node("Concat", &["a", "a"], &["noise"], &[attribute_integer("axis", 1)]),
        ],
        vec![
            largest("edges", "a"),
            node("Concat", &["a", "a"], &["noise"], &[attribute_integer("axis", 0)]),
        ],
    ];
    for nodes in nodes {
        match run(&network(&nodes, &[])) {
            Err(Error::Network { .. } | Error::Bundle { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    run(&network(&[largest("edges", "noise")], &[])).unwrap();
}

/// More memory than any machine has, by a shape that is only known in the run.
#[test]
fn a_gigantic_tensor_is_an_error() {
    let shape = [
        node("Shape", &["edges"], &["s"], &[]),
        node("Mul", &["s", "f"], &["t"], &[]),
    ];
    let huge = [
        node("ConstantOfShape", &["t"], &["h"], &[]),
        node("ReduceMax", &["h"], &["m"], &[]),
    ];
    let sum = [largest("edges", "a"), node("Add", &["a", "m"], &["noise"], &[])];
    let nodes: Vec<Message> = shape.into_iter().chain(huge).chain(sum).collect();
    match run(&network(&nodes, &[integers("f", &[1 << 20, 1 << 20, 1 << 10])])) {
        Err(Error::Network { .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// A network that would take minutes: a host that gives up gets its thread back between two operators.
#[test]
fn a_slow_network_is_left_when_the_host_gives_up() {
    stand_in::need_runtime();
    let mut nodes = vec![node("Reshape", &["edges", "s"], &["x0"], &[])];
    let links = 2000;
    nodes
        .extend((0..links).map(|i| node("MatMul", &[&format!("x{i}"), "w"], &[&format!("x{}", i + 1)], &[])));
    let last = format!("x{links}");
    nodes.push(node(
        "ReduceMax",
        &[&last],
        &["m"],
        &[attribute_integer("keepdims", 0)],
    ));
    nodes.extend([largest("edges", "a"), node("Add", &["a", "m"], &["noise"], &[])]);
    let weights = [
        integers("s", &[-1, 48]),
        tensor("w", 1, &[48, 48], &[0; 4 * 48 * 48]),
    ];
    let model = Model::open(folder(&network(&nodes, &weights)).path(), Device::Cpu).unwrap();
    let cloud = stand_in::noisy_sphere(60_000, 1.0, [0.0; 3], 0.05);
    let mut calls = 0;
    let mut watch = |_: f64| {
        calls += 1;
        if calls > 20 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let result = denoise(&model, CloudView::from_f64(&cloud), &params(), &mut watch);
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
}
