package value

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Plain turns a value into what encoding/json would have decoded; unknown parts become nil.
func Plain(v tftypes.Value) any {
	if !Given(v) {
		return nil
	}
	t := v.Type()
	switch {
	case t.Is(tftypes.String):
		return Text(v)
	case t.Is(tftypes.Bool):
		return True(v)
	case t.Is(tftypes.Number):
		number := new(big.Float)
		_ = v.As(&number)
		return json.Number(number.Text('f', -1))
	case isSequence(t):
		list := []any{}
		for _, element := range Elements(v) {
			list = append(list, Plain(element))
		}
		return list
	}
	object := map[string]any{}
	for key, field := range Fields(v) {
		object[key] = Plain(field)
	}
	return object
}

// Typed turns decoded JSON into a value of a type. Text is read as a number or bool where the type
// wants one.
func Typed(t tftypes.Type, from any) (tftypes.Value, error) {
	if from == nil {
		return Null(t), nil
	}
	switch t := t.(type) {
	case tftypes.List:
		list, err := typedList(t.ElementType, from)
		return tftypes.NewValue(t, list), err
	case tftypes.Set:
		list, err := typedList(t.ElementType, from)
		return tftypes.NewValue(t, list), err
	case tftypes.Map:
		object, ok := from.(map[string]any)
		if !ok {
			return Null(t), mismatch(t, from)
		}
		fields := map[string]tftypes.Value{}
		for key, field := range object {
			typed, err := Typed(t.ElementType, field)
			if err != nil {
				return Null(t), err
			}
			fields[key] = typed
		}
		return tftypes.NewValue(t, fields), nil
	case tftypes.Object:
		object, ok := from.(map[string]any)
		if !ok {
			return Null(t), mismatch(t, from)
		}
		fields := map[string]tftypes.Value{}
		for key, of := range t.AttributeTypes {
			typed, err := Typed(of, object[key])
			if err != nil {
				return Null(t), err
			}
			fields[key] = typed
		}
		return tftypes.NewValue(t, fields), nil
	}
	return typedScalar(t, from)
}

func typedScalar(t tftypes.Type, from any) (tftypes.Value, error) {
	text := fmt.Sprint(from)
	switch {
	case t.Is(tftypes.String):
		return String(text), nil
	case t.Is(tftypes.Bool) && (text == "true" || text == "false"):
		return tftypes.NewValue(t, text == "true"), nil
	case t.Is(tftypes.Number):
		number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err == nil {
			return tftypes.NewValue(t, number), nil
		}
	}
	return Null(t), mismatch(t, from)
}

func typedList(of tftypes.Type, from any) ([]tftypes.Value, error) {
	list, ok := from.([]any)
	if !ok {
		return nil, mismatch(tftypes.List{ElementType: of}, from)
	}
	typed := []tftypes.Value{}
	for _, element := range list {
		value, err := Typed(of, element)
		if err != nil {
			return nil, err
		}
		typed = append(typed, value)
	}
	return typed, nil
}

func mismatch(t tftypes.Type, from any) error {
	return fmt.Errorf("%v does not fit the type %s", from, t)
}
