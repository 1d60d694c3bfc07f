//! A WebAssembly program, as far as splitting it needs to know it.
//!
//! Functions are numbered as WebAssembly does: imported ones first.

use wasmparser::{
    ElementItems, ExternalKind, FuncType, FunctionBody, GlobalType, MemoryType, Operator, Parser, Payload, TableType,
    TypeRef, TypeSectionReader,
};

use crate::Result;

/// What a program consists of.
#[derive(Default)]
pub struct Program<'a> {
    /// The program as it was read.
    pub bytes: &'a [u8],
    /// Its types as they stand there; each is a function's.
    pub types: Option<TypeSectionReader<'a>>,
    /// The same types.
    pub signatures: Vec<FuncType>,
    /// The type of each function, imported ones first.
    pub types_of_functions: Vec<u32>,
    /// How many functions are imported. Nothing else is.
    pub imported: usize,
    /// Its tables, memories and globals.
    pub tables: Vec<TableType>,
    /// See `tables`.
    pub memories: Vec<MemoryType>,
    /// See `tables`.
    pub globals: Vec<GlobalType>,
    /// The functions that exports, tables and the start name.
    pub named_outside: Vec<u32>,
    /// The functions that are not imported.
    pub bodies: Vec<Body<'a>>,
}

/// A function that is not imported.
pub struct Body<'a> {
    /// Locals and instructions.
    pub code: FunctionBody<'a>,
    /// The functions that it calls or makes a reference of.
    pub named: Vec<u32>,
    /// Whether it makes a reference, which only a program that declares the function may do.
    pub makes_references: bool,
}

impl<'a> Program<'a> {
    /// Takes a program apart.
    ///
    /// # Errors
    /// If it is no WebAssembly, or imports what wasm-bindgen does not.
    pub fn parse(bytes: &'a [u8]) -> Result<Program<'a>> {
        let mut program = Program { bytes, ..Program::default() };
        for payload in Parser::new(0).parse_all(bytes) {
            program.take(payload.map_err(sentence)?)?;
        }
        Ok(program)
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                self.types = Some(types.clone());
                self.signatures = all(types.into_iter_err_on_gc_types())?;
            }
            Payload::ImportSection(imports) => {
                for import in all(imports.into_imports())? {
                    let TypeRef::Func(of_type) = import.ty else {
                        return Err(format!("the program imports {}, which is no function", import.name));
                    };
                    self.types_of_functions.push(of_type);
                }
                self.imported = self.types_of_functions.len();
            }
            Payload::FunctionSection(functions) => self.types_of_functions.extend(all(functions)?),
            Payload::TableSection(tables) => self.tables = all(tables)?.into_iter().map(|table| table.ty).collect(),
            Payload::MemorySection(memories) => self.memories = all(memories)?,
            Payload::GlobalSection(globals) => {
                self.globals = all(globals)?.into_iter().map(|global| global.ty).collect();
            }
            Payload::ExportSection(exports) => {
                let exports = all(exports)?.into_iter().filter(|export| export.kind == ExternalKind::Func);
                self.named_outside.extend(exports.map(|export| export.index));
            }
            Payload::StartSection { func, .. } => self.named_outside.push(func),
            Payload::ElementSection(elements) => {
                for element in all(elements)? {
                    self.named_outside.extend(named_by(element.items)?);
                }
            }
            Payload::CodeSectionEntry(code) => self.bodies.push(Body::read(code)?),
            _ => {}
        }
        Ok(())
    }

    /// How many functions there are, with the imported ones.
    pub fn functions(&self) -> usize {
        self.types_of_functions.len()
    }
}

impl<'a> Body<'a> {
    fn read(code: FunctionBody<'a>) -> Result<Body<'a>> {
        let mut body = Body { named: Vec::new(), makes_references: false, code };
        for operator in body.code.get_operators_reader().map_err(sentence)? {
            match operator.map_err(sentence)? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    body.named.push(function_index);
                }
                Operator::RefFunc { function_index } => {
                    body.named.push(function_index);
                    body.makes_references = true;
                }
                _ => {}
            }
        }
        Ok(body)
    }
}

/// The functions that a part of a table holds.
fn named_by(items: ElementItems<'_>) -> Result<Vec<u32>> {
    let expressions = match items {
        ElementItems::Functions(functions) => return all(functions),
        ElementItems::Expressions(_, expressions) => all(expressions)?,
    };
    let operators = expressions.into_iter().flat_map(|expression| expression.get_operators_reader());
    let named = all(operators)?.into_iter().filter_map(|operator| match operator {
        Operator::RefFunc { function_index } => Some(function_index),
        _ => None,
    });
    Ok(named.collect())
}

fn all<T>(items: impl IntoIterator<Item = wasmparser::Result<T>>) -> Result<Vec<T>> {
    items.into_iter().collect::<wasmparser::Result<_>>().map_err(sentence)
}

/// An error of the parser or the writer as a sentence.
pub fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}
