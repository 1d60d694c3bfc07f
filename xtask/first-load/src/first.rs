//! The first program: all that the whole one has but the bodies of the rest, in whose place are doors.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, Instruction, Module, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, Parser, TableSectionReader, TypeSectionReader,
};

use crate::Result;
use crate::program::{Program, sentence};
use crate::split::{LOADER, Plan, READY, lent};

/// Writes it.
pub fn write(program: &Program<'_>, plan: &Plan) -> Result<Vec<u8>> {
    let mut first = First { program, plan, numbers: numbers(program, plan) };
    let mut module = Module::new();
    first.parse_core_module(&mut module, Parser::new(0), program.bytes).map_err(sentence)?;
    Ok(module.finish())
}

/// The new number of each function. The order is: imports, the loader, bodies, the gate, doors.
fn numbers(program: &Program<'_>, plan: &Plan) -> Vec<Option<u32>> {
    let mut numbers = vec![None; program.functions()];
    let imports = 0..program.imported as u32;
    let after_loader = program.imported as u32 + 1;
    let mut next = after_loader;
    for function in imports {
        numbers[function as usize] = Some(function);
    }
    for function in plan.bodies(program, true) {
        numbers[function as usize] = Some(next);
        next += 1;
    }
    let after_gate = next + 1;
    for (door, function) in (after_gate..).zip(&plan.doors) {
        numbers[*function as usize] = Some(door);
    }
    numbers
}

struct First<'a> {
    program: &'a Program<'a>,
    plan: &'a Plan,
    numbers: Vec<Option<u32>>,
}

/// What writing a part gives.
type Written = std::result::Result<(), Error<String>>;

impl First<'_> {
    /// The type of a function without parameters and results, which is added.
    fn plain_type(&self) -> u32 {
        self.program.signatures.len() as u32
    }

    fn loader(&self) -> u32 {
        self.program.imported as u32
    }

    /// The function that all doors call at first: it fetches the rest if it is not there.
    fn gate(&self) -> u32 {
        self.loader() + 1 + self.plan.bodies(self.program, true).count() as u32
    }

    fn ready(&self) -> u32 {
        self.program.globals.len() as u32
    }

    fn gate_body(&self) -> Function {
        let mut gate = Function::new([]);
        gate.instruction(&Instruction::GlobalGet(self.ready()));
        gate.instruction(&Instruction::I32Eqz);
        gate.instruction(&Instruction::If(wasm_encoder::BlockType::Empty));
        gate.instruction(&Instruction::Call(self.loader()));
        gate.instruction(&Instruction::End);
        gate.instruction(&Instruction::End);
        gate
    }

    /// The door to a function, whose entry in the doors' table is given.
    fn door_body(&self, entry: usize, function: u32) -> Function {
        let type_index = self.program.types_of_functions[function as usize];
        let parameters = self.program.signatures[type_index as usize].params().len() as u32;
        let mut door = Function::new([]);
        door.instruction(&Instruction::Call(self.gate()));
        for parameter in 0..parameters {
            door.instruction(&Instruction::LocalGet(parameter));
        }
        door.instruction(&Instruction::I32Const(entry as i32));
        door.instruction(&Instruction::CallIndirect { type_index, table_index: self.program.tables.len() as u32 });
        door.instruction(&Instruction::End);
        door
    }
}

impl Reencode for First<'_> {
    type Error = String;

    fn function_index(&mut self, function: u32) -> std::result::Result<u32, Error<String>> {
        let number = self.numbers[function as usize];
        number.ok_or(Error::UserError(format!("function {function} has no door")))
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Written {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([], []);
        Ok(())
    }

    fn parse_import_section(&mut self, imports: &mut ImportSection, section: ImportSectionReader<'_>) -> Written {
        utils::parse_import_section(self, imports, section)?;
        imports.import(LOADER.0, LOADER.1, EntityType::Function(self.plain_type()));
        Ok(())
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, _: FunctionSectionReader<'_>) -> Written {
        let of_type = |function: &u32| self.program.types_of_functions[*function as usize];
        self.plan.bodies(self.program, true).for_each(|function| _ = functions.function(of_type(&function)));
        functions.function(self.plain_type());
        self.plan.doors.iter().for_each(|function| _ = functions.function(of_type(function)));
        Ok(())
    }

    fn parse_table_section(&mut self, tables: &mut TableSection, section: TableSectionReader<'_>) -> Written {
        utils::parse_table_section(self, tables, section)?;
        let doors = self.plan.doors.len() as u64;
        tables.table(doors_table(doors));
        Ok(())
    }

    fn parse_global_section(&mut self, globals: &mut GlobalSection, section: GlobalSectionReader<'_>) -> Written {
        utils::parse_global_section(self, globals, section)?;
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, section: ExportSectionReader<'_>) -> Written {
        utils::parse_export_section(self, exports, section)?;
        exports.export(READY, ExportKind::Global, self.ready());
        for number in 0..=self.program.tables.len() {
            exports.export(&lent::table(number), ExportKind::Table, number as u32);
        }
        for number in 0..self.program.memories.len() {
            exports.export(&lent::memory(number), ExportKind::Memory, number as u32);
        }
        for number in 0..self.program.globals.len() {
            exports.export(&lent::global(number), ExportKind::Global, number as u32);
        }
        for function in &self.plan.lent {
            exports.export(&lent::function(*function), ExportKind::Func, self.function_index(*function)?);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: CodeSectionReader<'_>) -> Written {
        for function in self.plan.bodies(self.program, true) {
            let body = &self.program.bodies[function as usize - self.program.imported];
            self.parse_function_body(code, body.code.clone())?;
        }
        code.function(&self.gate_body());
        for (entry, function) in self.plan.doors.iter().enumerate() {
            code.function(&self.door_body(entry, *function));
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Written {
        Ok(())
    }
}

/// The table through which doors lead.
pub fn doors_table(doors: u64) -> TableType {
    TableType { element_type: RefType::FUNCREF, table64: false, minimum: doors, maximum: Some(doors), shared: false }
}
