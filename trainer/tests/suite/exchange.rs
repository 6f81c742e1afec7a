//! `export` and `import`: back and forth, and what is refused. Other programs judge the files in `.ci/exchange`.

use crate::common::Desk;

#[test]
fn what_is_exported_comes_back_as_the_same_file() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    for to in ["safetensors", "npz"] {
        let run = desk.run(&["export", "net.tln", "--to", to]).ok();
        assert!(run.stdout.contains(&format!("net.{to}")), "{}", run.stdout);
        let run = desk.run(&["import", &format!("net.{to}"), "--out", "back.tln"]).ok();
        assert!(desk.read("back.tln") == desk.read("net.tln"), "{to}");
        assert_eq!(run.stderr.contains("transposed"), to == "safetensors", "{}", run.stderr);
    }
    for (to, ending) in [("onnx", "onnx"), ("c", "c"), ("rust", "rs")] {
        desk.run(&["export", "net.tln", "--to", to, "--out", &format!("x.{ending}")]).ok();
        assert!(desk.read(&format!("x.{ending}")).len() > 200);
    }
    desk.run(&["export", "net.tln", "--to", "c"]).ok();
    assert!(desk.read("net.c") == desk.read("x.c"), "the same net, the same bytes");
}

#[test]
fn an_import_leaves_another_net_alone_where_nobody_named_a_file() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.run(&["export", "net.tln", "--to", "npz"]).ok();
    desk.run(&["import", "net.npz"]).ok(); // the same net
    desk.train(&["--seed", "2"]).ok();
    let line = desk.fails(&["import", "net.npz"], 2);
    assert!(line.contains("net.tln: another file is there already") && line.contains("--out"), "{line}");
    desk.run(&["import", "net.npz", "--out", "net.tln"]).ok();
}

#[test]
fn an_export_replaces_exports_alone_where_nobody_named_a_file() {
    let desk = Desk::new();
    desk.train(&["--out", "main.tln"]).ok();
    let formats =
        [("c", "c"), ("rust", "rs"), ("npz", "npz"), ("onnx", "onnx"), ("safetensors", "safetensors")];
    // As numpy.savez begins it: between the name and the array lies a field of 20 bytes.
    let savez = [&b"PK\x03\x04"[..], &[0; 26], b"coefs_0.npy", &[0; 20], b"\x93NUMPY"].concat();
    for (to, ending) in formats {
        let name = format!("main.{ending}");
        for theirs in [b"of somebody else", &savez[..]] {
            desk.write(&name, theirs);
            let line = desk.fails(&["export", "main.tln", "--to", to], 2);
            assert!(line.contains(&name) && line.contains("--out"), "{line}");
        }
        desk.run(&["export", "main.tln", "--to", to, "--out", &name]).ok();
        desk.run(&["export", "main.tln", "--to", to]).ok();
    }
}

#[test]
fn what_is_no_net_is_refused() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    assert!(desk.fails(&["export", "table.csv", "--to", "c"], 3).contains("table.csv"));
    assert!(desk.fails(&["export", "net.tln", "--to", "onxx"], 2).contains("onnx"));
    assert!(desk.fails(&["import", "none.npz"], 3).contains("none.npz"));
    assert!(desk.fails(&["import", "table.csv"], 3).contains("table.csv"));
    assert!(desk.fails(&["import", "net.tln", "--out", "b.tln"], 3).contains("a net file already"));
    desk.write("a.npz", "PK\x05\x06 and nothing else");
    assert!(desk.fails(&["import", "a.npz"], 3).contains("a.npz"));
}

/// A safetensors file of a 2-2-2 net whose first array has this name, type and bytes, and whose classes have these names.
fn safetensors(name: &str, kind: &str, first: &[u8], classes: &str) -> Vec<u8> {
    let mut header = serde_json::json!({ "__metadata__": { "classes": classes } });
    let mut data = Vec::new();
    let rest = [1.0f32, 2.0, 3.0, 4.0].map(f32::to_le_bytes).concat();
    for (name, kind, shape, bytes) in [
        (name, kind, &[2, 2][..], first),
        ("1.bias", "F32", &[2], &rest[..8]),
        ("2.weight", "F32", &[2, 2], &rest[..]),
        ("2.bias", "F32", &[2], &rest[..8]),
    ] {
        let place = [data.len(), data.len() + bytes.len()];
        header[name] = serde_json::json!({ "dtype": kind, "shape": shape, "data_offsets": place });
        data.extend(bytes);
    }
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

#[test]
fn what_is_wrong_with_an_array_is_told_with_its_name() {
    let desk = Desk::new();
    let import = |bytes: &[u8]| {
        desk.write("a.safetensors", bytes);
        desk.fails(&["import", "a.safetensors"], 3)
    };
    let f32s = |x: [f32; 4]| x.map(f32::to_le_bytes).concat();
    let good = safetensors("1.weight", "F32", &f32s([1.0; 4]), "no\nyes");
    desk.write("a.safetensors", &good);
    desk.run(&["import", "a.safetensors", "--out", "b.tln"]).ok();
    let line = import(&safetensors("1.weight", "F32", &f32s([1.0, 2.0, f32::NAN, 4.0]), ""));
    assert!(line.contains("array 1.weight, number 3 of 4: NaN is no finite number"), "{line}");
    let doubles = [1.0, 1e300, 0.0, 0.0].map(f64::to_le_bytes).concat();
    let line = import(&safetensors("1.weight", "F64", &doubles, ""));
    assert!(line.contains("array 1.weight, number 2 of 4: inf is no finite number of f32"), "{line}");
    let line = import(&safetensors("1.weight", "I32", &[0; 16], ""));
    assert!(line.contains("array \"1.weight\" is of type I32; wanted F16, BF16, F32 or F64"), "{line}");
    let line = import(&safetensors("1.weight", "F32", &[0; 12], ""));
    assert!(line.contains("array \"1.weight\" has sizes or a place that do not fit"), "{line}");
}

/// The format forbids what readers could take for one thing or another.
#[test]
fn safetensors_of_two_meanings_are_refused() {
    let desk = Desk::new();
    let good = safetensors("1.weight", "F32", &[0; 16], "no\nyes");
    let header = String::from_utf8(good[8..good.len() - 48].to_vec()).expect("UTF-8");
    let with = |header: &str, data: &[u8]| {
        desk.write(
            "a.safetensors",
            [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat(),
        );
        desk.fails(&["import", "a.safetensors"], 3)
    };
    desk.write("a.safetensors", &good);
    desk.run(&["import", "a.safetensors", "--out", "b.tln"]).ok();
    let line = with(&header.replace("2.weight", "1.weight"), &[0; 48]);
    assert!(line.contains("its header has the name \"1.weight\" twice"), "{line}");
    // The same name in other letters; and in the entry of an array, whose names are those of others too.
    let line = with(&header.replace("2.weight", "1.w\\u0065ight"), &[0; 48]);
    assert!(line.contains("its header has the name \"1.weight\" twice"), "{line}");
    let line = with(&header.replacen("\"dtype\"", "\"dtype\":\"F64\",\"dtype\"", 1), &[0; 48]);
    assert!(line.contains("its header has the name \"dtype\" twice"), "{line}");
    for (from, to, told) in [
        (
            "[16,24]",
            "[12,20]",
            "array \"1.bias\" begins at byte 12 of the data; wanted 16, where array \"1.weight\" ends",
        ),
        (
            "[0,16]",
            "[24,40]",
            "array \"1.bias\" begins at byte 16 of the data; wanted 0, where the header ends",
        ),
        (
            "[40,48]",
            "[16,24]",
            "array \"2.bias\" begins at byte 16 of the data; wanted 24, where array \"1.bias\" ends",
        ),
    ] {
        assert!(header.contains(from), "{header}");
        let line = with(&header.replace(from, to), &[0; 48]);
        assert!(line.contains(told) && line.contains("export it again"), "{line}");
    }
    let line = with(&header, &[0; 52]);
    assert!(line.contains("4 bytes after array \"2.bias\", the last, belong to none"), "{line}");
}

/// They would be told to a terminal as they are. In data sets, class names have none either.
#[test]
fn names_with_control_characters_are_not_imported() {
    let desk = Desk::new();
    let first = [0; 16];
    for (name, classes, told) in [
        ("1\u{1b}[31m.weight", "no\nyes", "array \"1\\u{1b}[31m.weight\""),
        ("1.weight", "n\to\nyes", "class \"n\\to\""),
    ] {
        desk.write("a.safetensors", safetensors(name, "F32", &first, classes));
        let line = desk.fails(&["import", "a.safetensors"], 3);
        assert!(line.contains(told) && line.contains("control character"), "{line}");
    }
}

/// Weights that are not finite are no net.
#[test]
fn infinite_weights_are_refused() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.run(&["export", "net.tln", "--to", "safetensors"]).ok();
    let mut bytes = desk.read("net.safetensors");
    let end = bytes.len();
    // `scale` may come last in the file; every array's last number is far from its end by whole floats.
    bytes[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    desk.write("hurt.safetensors", &bytes);
    assert!(desk.fails(&["import", "hurt.safetensors"], 3).contains("hurt.safetensors"));
}
