//! The rest: the bodies that the first program lacks. Its memory, tables, globals and all other functions are the first program's.

use std::borrow::Cow;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, FunctionSection, ImportSection, Module, TypeSection,
};

use crate::Result;
use crate::first::doors_table;
use crate::program::{Program, sentence};
use crate::split::{Plan, lent};

/// The module under whose name the rest imports what the first program lends.
const FIRST: &str = "first";

/// Writes it.
pub fn write(program: &Program<'_>, plan: &Plan) -> Result<Vec<u8>> {
    let mut rest = Rest { numbers: numbers(program, plan) };
    let mut types = TypeSection::new();
    if let Some(section) = program.types.clone() {
        rest.parse_type_section(&mut types, section).map_err(sentence)?;
    }
    let imports = rest.imports(program, plan).map_err(sentence)?;
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for function in plan.bodies(program, false) {
        functions.function(program.types_of_functions[function as usize]);
        let body = &program.bodies[function as usize - program.imported];
        rest.parse_function_body(&mut code, body.code.clone()).map_err(sentence)?;
    }
    let mut doors = ElementSection::new();
    let behind = plan.doors.iter().map(|function| rest.function_index(*function));
    let behind = behind.collect::<std::result::Result<Vec<u32>, _>>().map_err(sentence)?;
    let table = program.tables.len() as u32;
    doors.active(Some(table), &ConstExpr::i32_const(0), Elements::Functions(Cow::Owned(behind)));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&doors).section(&code);
    Ok(module.finish())
}

/// The new number of each function: those that are lent, then bodies.
fn numbers(program: &Program<'_>, plan: &Plan) -> Vec<Option<u32>> {
    let mut numbers = vec![None; program.functions()];
    let known = plan.lent.iter().copied().chain(plan.bodies(program, false));
    for (number, function) in (0..).zip(known) {
        numbers[function as usize] = Some(number);
    }
    numbers
}

struct Rest {
    numbers: Vec<Option<u32>>,
}

impl Rest {
    /// Everything that the first program lends, each kind in the first program's order.
    fn imports(&mut self, program: &Program<'_>, plan: &Plan) -> std::result::Result<ImportSection, Error<String>> {
        let mut imports = ImportSection::new();
        for function in &plan.lent {
            let of_type = EntityType::Function(program.types_of_functions[*function as usize]);
            imports.import(FIRST, &lent::function(*function), of_type);
        }
        for (number, table) in program.tables.iter().enumerate() {
            imports.import(FIRST, &lent::table(number), self.table_type(*table)?);
        }
        imports.import(FIRST, &lent::table(program.tables.len()), doors_table(plan.doors.len() as u64));
        for (number, memory) in program.memories.iter().enumerate() {
            imports.import(FIRST, &lent::memory(number), self.memory_type(*memory)?);
        }
        for (number, global) in program.globals.iter().enumerate() {
            imports.import(FIRST, &lent::global(number), self.global_type(*global)?);
        }
        Ok(imports)
    }
}

impl Reencode for Rest {
    type Error = String;

    fn function_index(&mut self, function: u32) -> std::result::Result<u32, Error<String>> {
        let number = self.numbers[function as usize];
        number.ok_or(Error::UserError(format!("function {function} is not lent")))
    }
}
