//! JavaScript values into JSON values, as `JSON.stringify` sees them, natively and inside bounds.

use rquickjs::{
    Array, Ctx, Error, Exception, Function, Object, String as JsString, Type, Value, atom::PredefinedAtom,
    function::This, object::Filter,
};
use serde_json::{Map, Value as Json};

use crate::util::number;

/// Reads values; the bytes of all that one reader reads are bounded together.
pub(super) struct Reader<'js> {
    ctx: Ctx<'js>,
    bytes_left: usize,
    bytes: usize,
}

impl<'js> Reader<'js> {
    /// A reader of at most `bytes` bytes of JSON.
    pub(super) fn new(ctx: &Ctx<'js>, bytes: usize) -> Self {
        Self { ctx: ctx.clone(), bytes_left: bytes, bytes }
    }

    /// `value` as JSON of at most `depth` levels; `None` for what JSON does not have, such as `undefined`.
    ///
    /// # Errors
    /// An exception is pending: of a bound, or thrown by a getter or `toJSON`.
    pub(super) fn read(&mut self, value: Value<'js>, depth: usize) -> Result<Option<Json>, Error> {
        Ok(Some(match value.type_of() {
            Type::Null => self.scalar(Json::Null)?,
            Type::Bool => self.scalar(Json::Bool(value.as_bool().unwrap_or_default()))?,
            Type::Int => self.scalar(Json::from(value.as_int().unwrap_or_default()))?,
            Type::Float => self.scalar(number(value.as_float().unwrap_or(f64::NAN)))?,
            Type::String => match value.into_string() {
                Some(text) => Json::String(self.text(text)?),
                None => return Ok(None),
            },
            Type::BigInt => return Err(Exception::throw_type(&self.ctx, "a BigInt cannot be turned into JSON")),
            Type::Array => match value.into_array() {
                Some(array) => self.array(&array, self.deeper(depth)?)?,
                None => return Ok(None),
            },
            Type::Object | Type::Exception | Type::Proxy | Type::Promise => match value.into_object() {
                Some(object) => return self.object(object, self.deeper(depth)?),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    fn array(&mut self, array: &Array<'js>, depth: usize) -> Result<Json, Error> {
        // A length above 2^31 is a float, which `Array::len` does not expect.
        let length = array.as_object().get::<_, f64>(PredefinedAtom::Length)? as usize;
        self.charge(length.saturating_add(2))?;
        let mut values = Vec::with_capacity(length.min(1_024));
        for index in 0..length {
            values.push(self.read(array.get(index)?, depth)?.unwrap_or(Json::Null));
        }
        Ok(Json::Array(values))
    }

    fn object(&mut self, object: Object<'js>, depth: usize) -> Result<Option<Json>, Error> {
        if let Some(to_json) = object.get::<_, Value<'js>>(PredefinedAtom::ToJSON)?.into_function() {
            let plain = self.plain(&to_json, object)?;
            return self.read(plain, depth);
        }
        self.charge(2)?;
        let mut fields = Map::new();
        for property in object.own_props::<JsString<'js>, Value<'js>>(Filter::default()) {
            let (name, value) = property?;
            if let Some(value) = self.read(value, depth)? {
                fields.insert(self.text(name)?, value);
            }
        }
        Ok(Some(Json::Object(fields)))
    }

    fn plain(&self, to_json: &Function<'js>, object: Object<'js>) -> Result<Value<'js>, Error> {
        to_json.call((This(object),))
    }

    fn text(&mut self, text: JsString<'js>) -> Result<String, Error> {
        let text = match text.to_string() {
            Err(Error::Utf8(_)) => self.well_formed(text)?,
            other => other?,
        };
        self.charge(text.len().saturating_add(3))?;
        Ok(text)
    }

    /// Text with its lone surrogates replaced.
    fn well_formed(&self, text: JsString<'js>) -> Result<String, Error> {
        let prototype: Object<'js> = self.ctx.globals().get::<_, Object<'js>>("String")?.get("prototype")?;
        let to_well_formed: Function<'js> = prototype.get("toWellFormed")?;
        to_well_formed.call::<_, JsString<'js>>((This(text),))?.to_string()
    }

    fn scalar(&mut self, value: Json) -> Result<Json, Error> {
        self.charge(2)?;
        Ok(value)
    }

    fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => self.bytes_left = left,
            None => {
                let message = format!("a value is larger than {} bytes", self.bytes);
                return Err(Exception::throw_range(&self.ctx, &message));
            }
        }
        Ok(())
    }

    fn deeper(&self, depth: usize) -> Result<usize, Error> {
        let too_deep = || Exception::throw_range(&self.ctx, "a value is nested too deeply or contains itself");
        depth.checked_sub(1).ok_or_else(too_deep)
    }
}
