//! A program of five functions, split in every way there is.

use super::*;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, RefType, TableSection,
    TableType, TypeSection, ValType,
};

/// Function 0 is imported; 1 is exported and calls 0 and 2; 2 and 3 call each other; 4 stands in a table and calls 3.
const CALLS: [&[u32]; 4] = [&[0, 2], &[3], &[2], &[3]];

fn program() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::F64], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import("js", "tell", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    CALLS.iter().for_each(|_| _ = functions.function(0));
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 2,
        maximum: None,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    let mut exports = ExportSection::new();
    exports.export("main", ExportKind::Func, 1);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(1), Elements::Functions((&[4][..]).into()));
    let mut code = CodeSection::new();
    CALLS.iter().for_each(|calls| _ = code.function(&body(calls)));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
    module.section(&globals).section(&exports).section(&elements).section(&code);
    module.finish()
}

fn body(calls: &[u32]) -> Function {
    let mut body = Function::new([]);
    for function in calls {
        body.instruction(&Instruction::LocalGet(0));
        body.instruction(&Instruction::LocalGet(1));
        body.instruction(&Instruction::Call(*function));
        body.instruction(&Instruction::Drop);
    }
    body.instruction(&Instruction::GlobalGet(0));
    body.instruction(&Instruction::End);
    body
}

#[track_caller]
fn ensure_valid(bytes: &[u8]) {
    wasmparser::Validator::new().validate_all(bytes).expect("it is WebAssembly");
}

/// Splits after what was called. Checks how many bodies are kept, and which functions have doors and are lent.
#[track_caller]
fn check(called: &[usize], kept: usize, doors: &[u32], lent: &[u32]) {
    let bytes = program();
    let program = Program::parse(&bytes).expect("it is a program");
    let list: Vec<String> = called.iter().map(usize::to_string).collect();
    let called = called_functions(list.join("\n").as_bytes(), program.functions()).expect("it is a list");
    let plan = split::Plan::new(&program, &called);
    assert_eq!((&plan.doors[..], &plan.lent[..]), (doors, lent));
    let halves = split::split(&program, &called).expect("it can be split");
    assert_eq!(halves.kept, kept);
    ensure_valid(&halves.first);
    ensure_valid(&halves.rest);
    let (first, rest) = (&halves.first, &halves.rest);
    // The loader is one import more; the gate and the doors are bodies more.
    let imported = imports(rest);
    assert!(imported.iter().all(|name| exports(first).contains(name)), "the rest asks for what the first lends");
    assert_eq!(imports(first), ["tell", "load"]);
    assert_eq!(bodies(first), kept + 1 + doors.len());
    assert_eq!(bodies(rest), CALLS.len() - kept);
}

fn imports(bytes: &[u8]) -> Vec<String> {
    let sections = wasmparser::Parser::new(0).parse_all(bytes).flatten();
    let of_imports = sections.filter_map(|section| match section {
        wasmparser::Payload::ImportSection(imports) => Some(imports),
        _ => None,
    });
    of_imports.flat_map(|imports| imports.into_imports().flatten()).map(|import| import.name.to_string()).collect()
}

fn exports(bytes: &[u8]) -> Vec<String> {
    let sections = wasmparser::Parser::new(0).parse_all(bytes).flatten();
    let of_exports = sections.filter_map(|section| match section {
        wasmparser::Payload::ExportSection(exports) => Some(exports),
        _ => None,
    });
    of_exports.flatten().flatten().map(|export| export.name.to_string()).collect()
}

fn bodies(bytes: &[u8]) -> usize {
    let sections = wasmparser::Parser::new(0).parse_all(bytes).flatten();
    sections.filter(|section| matches!(section, wasmparser::Payload::CodeSectionEntry(_))).count()
}

#[test]
fn what_is_called_is_kept_and_the_rest_has_doors_where_the_first_names_it() {
    check(&[1, 2, 3, 4], 4, &[], &[]);
    check(&[1], 1, &[2, 4], &[]);
    check(&[1, 2], 2, &[3, 4], &[2]);
    check(&[1, 3], 2, &[2, 4], &[3]);
    check(&[4], 1, &[1, 3], &[0]);
    check(&[], 0, &[1, 4], &[0]);
}

#[test]
fn the_observed_program_is_the_same_with_a_memory_more() {
    let bytes = program();
    let observed = observe::observe(&Program::parse(&bytes).expect("it is a program")).expect("it can be observed");
    ensure_valid(&observed);
    assert_eq!(exports(&observed), ["main", "called"]);
    assert_eq!(bodies(&observed), CALLS.len());
}

#[test]
fn a_list_that_names_no_function_is_refused() {
    for (list, why) in [("1\nx", "\"x\" is not the number of a function"), ("5", "the program has no function 5")] {
        assert_eq!(called_functions(list.as_bytes(), 5), Err(why.to_string()));
    }
    assert!(Program::parse(b"no program").is_err());
}
