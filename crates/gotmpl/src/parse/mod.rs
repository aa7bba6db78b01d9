//! From tokens to trees.

mod literal;

use std::collections::HashMap;
use std::mem;

use crate::error::TemplateError;
use crate::function::{Callee, Function};
use crate::lex::{Kind, Token, lex};
use crate::limits::MAX_DEPTH;
use crate::printf;
use crate::tree::{Binding, Body, Branch, Command, Node, Operand, Pipe, Target};
use crate::value::Value;

/// The templates that one file defines, its own among them.
pub(crate) type Definitions = HashMap<String, Body>;

/// Parses one file. What stands outside of any `define` is the template of the file's name.
pub(crate) fn parse(file: &str, text: &str, functions: &[Function]) -> Result<Definitions, TemplateError> {
    let (tokens, end) = lex(file, text)?;
    let mut parser = Parser {
        file,
        functions,
        tokens: &tokens,
        end,
        at: 0,
        variables: vec!["$"],
        ranges: 0,
        nesting: 0,
        definitions: HashMap::new(),
    };
    let (nodes, end) = parser.list(Level::File)?;
    if end != Ending::File {
        return Err(parser.fault("there is no open action for this one to end or continue"));
    }
    parser.define(file.to_owned(), nodes)?;
    Ok(parser.definitions)
}

/// Whether a template prints nothing, so that another of its name may take its place.
pub(crate) fn is_blank(nodes: &[Node]) -> bool {
    nodes
        .iter()
        .all(|node| matches!(node, Node::Text(text, _) if text.trim_matches([' ', '\t', '\r', '\n']).is_empty()))
}

struct Parser<'a> {
    file: &'a str,
    functions: &'a [Function],
    tokens: &'a [Token<'a>],
    /// What stands behind them.
    end: Token<'a>,
    at: usize,
    /// The variables in scope, as they will lie on the executor's stack.
    variables: Vec<&'a str>,
    /// How many loops are open.
    ranges: usize,
    nesting: usize,
    definitions: Definitions,
}

/// Where a list of nodes stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Directly in the file: the only place for `define`.
    File,
    Inside,
}

/// What a list of nodes ended with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    File,
    End,
    Else,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    With,
    Range,
}

impl Control {
    fn keyword(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }

    fn node(self, branch: Branch) -> Node {
        match self {
            Self::If => Node::If(branch),
            Self::With => Node::With(branch),
            Self::Range => Node::Range(branch),
        }
    }
}

// === tokens ===

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(self.end)
    }

    /// Takes a token; the end stays.
    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len());
        token
    }

    fn peek_solid(&mut self) -> Token<'a> {
        while self.peek().kind == Kind::Space {
            self.next();
        }
        self.peek()
    }

    fn next_solid(&mut self) -> Token<'a> {
        self.peek_solid();
        self.next()
    }

    fn fault(&self, fault: impl Into<String>) -> TemplateError {
        TemplateError { file: self.file.to_owned(), line: self.peek().line, fault: fault.into() }
    }

    fn unexpected(&self, token: Token<'_>, place: &str) -> TemplateError {
        let fault = if token.kind == Kind::End {
            "the file ends inside an open action".to_owned()
        } else {
            format!("unexpected {:?} in {place}", token.text)
        };
        TemplateError { file: self.file.to_owned(), line: token.line, fault }
    }

    fn close(&mut self, place: &str) -> Result<(), TemplateError> {
        let token = self.next_solid();
        if token.kind == Kind::Close { Ok(()) } else { Err(self.unexpected(token, place)) }
    }

    /// Runs a step one level deeper.
    fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        if self.nesting == MAX_DEPTH {
            return Err(self.fault(format!("actions are nested more than {MAX_DEPTH} deep")));
        }
        self.nesting += 1;
        let result = step(self);
        self.nesting -= 1;
        result
    }
}

// === lists and control structures ===

impl Parser<'_> {
    /// Nodes up to the `end`, `else` or end of file that ends them.
    fn list(&mut self, level: Level) -> Result<(Vec<Node>, Ending), TemplateError> {
        let mut nodes = Vec::new();
        loop {
            let token = self.next();
            if token.kind == Kind::End {
                return Ok((nodes, Ending::File));
            }
            if token.kind == Kind::Text {
                nodes.push(Node::Text(token.text.to_owned(), token.line));
                continue;
            }
            let word = self.peek_solid();
            let keyword = if word.kind == Kind::Word { word.text } else { "" };
            match keyword {
                "end" => {
                    self.next();
                    self.close("end")?;
                    return Ok((nodes, Ending::End));
                }
                "else" => {
                    self.next();
                    return Ok((nodes, Ending::Else));
                }
                "define" if level == Level::File => self.definition()?,
                _ => nodes.push(self.action(keyword, word.line)?),
            }
        }
    }

    /// An action that is not the end of anything, after its `{{`.
    fn action(&mut self, keyword: &str, line: usize) -> Result<Node, TemplateError> {
        match keyword {
            "if" => self.control(Control::If),
            "with" => self.control(Control::With),
            "range" => self.control(Control::Range),
            "template" => self.call(line),
            "block" => self.block(line),
            "break" | "continue" => self.leave(keyword, line),
            "define" => Err(self.fault("define stands inside another action")),
            _ => {
                let pipe = self.pipeline("command", Kind::Close)?;
                Ok(Node::Print { pipe, escapers: None })
            }
        }
    }

    fn leave(&mut self, keyword: &str, line: usize) -> Result<Node, TemplateError> {
        self.next();
        self.close(keyword)?;
        if self.ranges == 0 {
            return Err(self.fault(format!("{keyword} stands outside of range")));
        }
        Ok(if keyword == "break" { Node::Break(line) } else { Node::Continue(line) })
    }

    /// `if`, `with` or `range`, from the keyword through its `end`.
    fn control(&mut self, control: Control) -> Result<Node, TemplateError> {
        self.next();
        let outside = self.variables.len();
        let branch = self.deeper(|parser| parser.branch(control))?;
        self.variables.truncate(outside);
        Ok(control.node(branch))
    }

    fn branch(&mut self, control: Control) -> Result<Branch, TemplateError> {
        let pipe = self.pipeline(control.keyword(), Kind::Close)?;
        let declared = self.variables.len();
        self.ranges += usize::from(control == Control::Range);
        let (then, ending) = self.list(Level::Inside)?;
        self.ranges -= usize::from(control == Control::Range);
        self.variables.truncate(declared);
        let otherwise = match ending {
            Ending::File => return Err(self.unexpected(self.peek(), control.keyword())),
            Ending::End => Vec::new(),
            Ending::Else => self.otherwise(control)?,
        };
        Ok(Branch { pipe, then, otherwise })
    }

    /// What follows `{{else`.
    fn otherwise(&mut self, control: Control) -> Result<Vec<Node>, TemplateError> {
        let word = self.peek_solid();
        let chained = control != Control::Range && word.kind == Kind::Word && word.text == control.keyword();
        if chained {
            return Ok(vec![self.control(control)?]);
        }
        self.close("else")?;
        match self.list(Level::Inside)? {
            (nodes, Ending::End) => Ok(nodes),
            (_, Ending::Else) => Err(self.fault("there is a second else")),
            (_, Ending::File) => Err(self.unexpected(self.peek(), "else")),
        }
    }

    /// The name after `template`, `define` or `block`.
    fn template_name(&mut self, place: &str) -> Result<String, TemplateError> {
        self.next();
        let token = self.next_solid();
        if matches!(token.kind, Kind::Quoted | Kind::Raw) {
            self.text(token)
        } else {
            Err(self.unexpected(token, place))
        }
    }

    fn call(&mut self, line: usize) -> Result<Node, TemplateError> {
        let name = self.template_name("template")?;
        let pipe = if self.peek_solid().kind == Kind::Close {
            self.next();
            None
        } else {
            Some(self.pipeline("template", Kind::Close)?)
        };
        Ok(Node::Call { target: Target { name, form: 0 }, pipe, line })
    }

    /// `block` is a definition and a call of it.
    fn block(&mut self, line: usize) -> Result<Node, TemplateError> {
        let name = self.template_name("block")?;
        let pipe = Some(self.pipeline("block", Kind::Close)?);
        let nodes = self.body()?;
        self.define(name.clone(), nodes)?;
        Ok(Node::Call { target: Target { name, form: 0 }, pipe, line })
    }

    fn definition(&mut self) -> Result<(), TemplateError> {
        let name = self.template_name("define")?;
        self.close("define")?;
        let nodes = self.body()?;
        self.define(name, nodes)
    }

    /// The inside of a definition: no variable and no loop of the outside reaches it.
    fn body(&mut self) -> Result<Vec<Node>, TemplateError> {
        let variables = mem::replace(&mut self.variables, vec!["$"]);
        let ranges = mem::take(&mut self.ranges);
        let (nodes, ending) = self.deeper(|parser| parser.list(Level::Inside))?;
        self.variables = variables;
        self.ranges = ranges;
        match ending {
            Ending::End => Ok(nodes),
            Ending::Else => Err(self.fault("there is an else in a definition")),
            Ending::File => Err(self.unexpected(self.peek(), "a definition")),
        }
    }

    /// Takes a template up. One that prints nothing gives way to another of its name.
    fn define(&mut self, name: String, nodes: Vec<Node>) -> Result<(), TemplateError> {
        match self.definitions.get(&name) {
            Some(there) if !is_blank(&there.nodes) => {
                if is_blank(&nodes) {
                    return Ok(());
                }
                return Err(self.fault(format!("the template {name:?} is defined twice")));
            }
            _ => {}
        }
        self.definitions.insert(name, Body { file: self.file.to_owned(), nodes });
        Ok(())
    }
}

// === pipelines ===

impl<'a> Parser<'a> {
    /// A pipeline through the token that ends it.
    fn pipeline(&mut self, place: &str, end: Kind) -> Result<Pipe, TemplateError> {
        let line = self.peek_solid().line;
        let (names, declares) = self.binding(place)?;
        let mut commands = Vec::new();
        loop {
            let token = self.peek_solid();
            if token.kind == end {
                self.next();
                break;
            }
            let command = self.command(place)?;
            let stands_for_itself = matches!(&command.head, Operand::Literal(_))
                || matches!(&command.head, Operand::Field(fields) if fields.is_empty());
            if !commands.is_empty() && stands_for_itself {
                return Err(self.fault("a literal cannot take what comes through the pipe"));
            }
            commands.push(command);
        }
        if commands.is_empty() {
            return Err(self.fault(format!("{place} is without a value")));
        }
        // Declared last: a variable is not in scope in its own value.
        let binding = self.bind(&names, declares)?;
        Ok(Pipe { line, binding, commands })
    }

    /// `$a :=`, `$a =` and, after `range`, `$a, $b :=`. Anything else is left where it is.
    fn binding(&mut self, place: &str) -> Result<(Vec<&'a str>, Declares), TemplateError> {
        let start = self.at;
        let mut names = Vec::new();
        while self.peek_solid().kind == Kind::Variable {
            names.push(self.next().text);
            let sign = self.peek_solid().kind;
            if sign == Kind::Comma {
                self.next();
                continue;
            }
            if !matches!(sign, Kind::Declare | Kind::Assign) {
                break;
            }
            self.next();
            let most = if place == "range" { 2 } else { 1 };
            if names.len() > most {
                return Err(self.fault(format!("{place} takes no more than {most} variables")));
            }
            return Ok((names, if sign == Kind::Declare { Declares::Yes } else { Declares::No }));
        }
        self.at = start;
        Ok((Vec::new(), Declares::No))
    }

    fn bind(&mut self, names: &[&'a str], declares: Declares) -> Result<Binding, TemplateError> {
        if names.is_empty() {
            return Ok(Binding::None);
        }
        if declares == Declares::Yes {
            let first = self.variables.len();
            self.variables.extend(names);
            return Ok(Binding::Declare((first..self.variables.len()).collect()));
        }
        names.iter().map(|name| self.variable(name)).collect::<Result<_, _>>().map(Binding::Assign)
    }

    fn variable(&self, name: &str) -> Result<usize, TemplateError> {
        let known = self.variables.iter().rposition(|known| *known == name);
        known.ok_or_else(|| self.fault(format!("the variable {name} is not declared")))
    }

    /// Operands up to a pipe, which is taken, or the end of the pipeline, which is not.
    fn command(&mut self, place: &str) -> Result<Command, TemplateError> {
        let mut operands = Vec::new();
        while !matches!(self.peek_solid().kind, Kind::Pipe | Kind::Close | Kind::RightParen) {
            operands.push(self.operand(place)?);
            let token = self.peek();
            if !matches!(token.kind, Kind::Space | Kind::Pipe | Kind::Close | Kind::RightParen) {
                return Err(self.unexpected(token, place));
            }
        }
        if self.peek().kind == Kind::Pipe {
            // Go lets a pipe lead nowhere.
            self.next();
        }
        let mut operands = operands.into_iter();
        let head = operands.next().ok_or_else(|| self.fault("a command is empty"))?;
        let command = Command { head, arguments: operands.collect() };
        self.check_format(&command)?;
        Ok(command)
    }

    /// A `printf` whose format stands in the template must be one that we print as Go does.
    fn check_format(&self, command: &Command) -> Result<(), TemplateError> {
        let is_printf = matches!(&command.head, Operand::Function(callee) if callee.name() == "printf");
        match command.arguments.first() {
            Some(Operand::Literal(Value::Text(format))) if is_printf => {
                printf::check(format).map_err(|fault| self.fault(fault.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// One word, with the fields that hang on it.
    fn operand(&mut self, place: &str) -> Result<Operand, TemplateError> {
        let token = self.next_solid();
        let alone = match token.kind {
            Kind::Field => {
                self.at -= 1;
                return Ok(Operand::Field(self.fields()));
            }
            Kind::Variable => {
                let slot = self.variable(token.text)?;
                return Ok(Operand::Variable(slot, self.fields()));
            }
            Kind::LeftParen => {
                let pipe = self.deeper(|parser| parser.pipeline("parenthesis", Kind::RightParen))?;
                return Ok(Operand::Pipe(Box::new(pipe), self.fields()));
            }
            Kind::Dot => Operand::Field(Vec::new()),
            Kind::Quoted | Kind::Raw => Operand::Literal(Value::Text(self.text(token)?)),
            Kind::Number => Operand::Literal(literal::number(token.text).map_err(|fault| self.fault(fault))?),
            Kind::Word => self.word(token)?,
            Kind::Text
            | Kind::Open
            | Kind::Close
            | Kind::Space
            | Kind::Pipe
            | Kind::RightParen
            | Kind::Comma
            | Kind::Assign
            | Kind::Declare
            | Kind::End => return Err(self.unexpected(token, place)),
        };
        if self.peek().kind == Kind::Field {
            return Err(self.fault("a field is asked of something that has none"));
        }
        Ok(alone)
    }

    fn word(&self, token: Token<'_>) -> Result<Operand, TemplateError> {
        let literal = match token.text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "nil" => Value::Nil,
            name => {
                let callee = Callee::named(name, self.functions);
                return callee
                    .map(Operand::Function)
                    .ok_or_else(|| self.fault(format!("there is no function {name:?}")));
            }
        };
        Ok(Operand::Literal(literal))
    }

    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(self.next().text.trim_start_matches('.').to_owned());
        }
        fields
    }

    fn text(&self, token: Token<'_>) -> Result<String, TemplateError> {
        let quotes = ['"', '`'];
        let inside = token.text.strip_prefix(quotes).and_then(|text| text.strip_suffix(quotes)).unwrap_or(token.text);
        if token.kind == Kind::Raw {
            // Go drops carriage returns there.
            return Ok(inside.replace('\r', ""));
        }
        literal::unquote(inside, '"').map_err(|fault| self.fault(fault))
    }
}

/// Whether variables are made or changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Declares {
    Yes,
    No,
}
