//! The same program, which notes each function that is called: a second memory, exported as `called`, has a byte for each.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ExportKind, ExportSection, Instruction, MemArg, MemorySection, MemoryType, Module};
use wasmparser::{CustomSectionReader, ExportSectionReader, FunctionBody, MemorySectionReader, Parser};

use crate::Result;
use crate::program::{Program, sentence};

/// Under this name the program exports the memory of what was called.
const CALLED: &str = "called";
const PAGE_BYTES: usize = 64 * 1024;

/// Writes the program that notes its calls.
pub fn observe(program: &Program<'_>) -> Result<Vec<u8>> {
    let memory = program.memories.len() as u32;
    let mut observer = Observer { memory, functions: program.functions(), next: program.imported };
    let mut module = Module::new();
    observer.parse_core_module(&mut module, Parser::new(0), program.bytes).map_err(sentence)?;
    Ok(module.finish())
}

struct Observer {
    /// The number of the added memory.
    memory: u32,
    functions: usize,
    /// The number of the function whose body comes next.
    next: usize,
}

/// What writing a part gives.
type Written = std::result::Result<(), Error<String>>;

impl Reencode for Observer {
    type Error = String;

    fn parse_memory_section(&mut self, memories: &mut MemorySection, section: MemorySectionReader<'_>) -> Written {
        utils::parse_memory_section(self, memories, section)?;
        let pages = self.functions.div_ceil(PAGE_BYTES) as u64;
        let added =
            MemoryType { minimum: pages, maximum: Some(pages), memory64: false, shared: false, page_size_log2: None };
        memories.memory(added);
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, section: ExportSectionReader<'_>) -> Written {
        utils::parse_export_section(self, exports, section)?;
        exports.export(CALLED, ExportKind::Memory, self.memory);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Written {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        function.instruction(&Instruction::I32Const(self.next as i32));
        function.instruction(&Instruction::I32Const(1));
        function.instruction(&Instruction::I32Store8(MemArg { offset: 0, align: 0, memory_index: self.memory }));
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&self.parse_instruction(&mut operators)?);
        }
        code.function(&function);
        self.next += 1;
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Written {
        Ok(())
    }
}
