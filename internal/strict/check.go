package strict

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// Check holds the values of a struct, or what out points to, against the rules
// of its fields and gives all problems, without file and line.
func Check(out any) Errors {
	var errs Errors
	v := reflect.ValueOf(out)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	checkStruct(v, "", &errs)
	return errs
}

func checkStruct(v reflect.Value, path string, errs *Errors) {
	keys, list := fieldsOf(v.Type())
	if list != nil {
		checkValue(v.Field(list.index), *list, path, errs)
	}
	for _, f := range keys {
		at := join(path, f.name)
		if v.Field(f.index).IsZero() || isEmptySlice(v.Field(f.index)) {
			if f.has("required") {
				errs.Addf(at, "is required")
				continue
			}
			if f.has("zero") {
				continue
			}
		}
		checkValue(v.Field(f.index), f, at, errs)
	}
}

// entries are the values of a map by their names.
func entries(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for k, e := range v.Seq2() {
		out[k.String()] = e
	}
	return out
}

func isEmptySlice(v reflect.Value) bool { return v.Kind() == reflect.Slice && v.Len() == 0 }

func checkValue(v reflect.Value, f field, path string, errs *Errors) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			checkValue(v.Elem(), f, path, errs)
		}
	case reflect.Struct:
		checkStruct(v, path, errs)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			checkValue(v.Index(i), f, element(path, i), errs)
		}
	case reflect.Map:
		all := entries(v)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			checkValue(all[name], f, join(path, clip(name)), errs)
		}
	case reflect.String:
		if known := values(v.Type()); known != nil && v.String() != "" && !slices.Contains(known, v.String()) {
			errs.Addf(path, "%s", OneOf([]byte(v.String()), known))
		}
	default:
		checkRange(v, f, path, errs)
	}
}

func checkRange(v reflect.Value, f field, path string, errs *Errors) {
	x, ok := number(v)
	if !ok {
		return
	}
	if lim, ok := f.rules["min"]; ok && !(x >= limit(v.Type(), lim)) {
		errs.Addf(path, "%v is out of range, want %s or more", v, lim)
	}
	if lim, ok := f.rules["above"]; ok && !(x > limit(v.Type(), lim)) {
		errs.Addf(path, "%v is out of range, want more than %s", v, lim)
	}
	if lim, ok := f.rules["max"]; ok && !(x <= limit(v.Type(), lim)) {
		errs.Addf(path, "%v is out of range, want %s or less", v, lim)
	}
}

func number(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}

// limit reads the limit of a rule in the unit of the field's type.
func limit(t reflect.Type, text string) float64 {
	if t == durationType {
		d, _ := time.ParseDuration(text)
		return float64(d)
	}
	var b Bytes
	if t == bytesType && b.UnmarshalText([]byte(text)) == nil {
		return float64(b)
	}
	x, _ := strconv.ParseFloat(text, 64)
	return x
}
