package facts

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/value"
)

// Limit is what a value must be; a path such as "health_check.matcher" goes into blocks.
type Limit struct {
	Min     int      `json:"min"`
	Max     int      `json:"max"`
	Pattern string   `json:"pattern"`
	Not     string   `json:"not"`
	Words   string   `json:"words"`
	OneOf   []string `json:"oneOf"`
	From    *float64 `json:"from"`
	To      *float64 `json:"to"`
	// Or are numbers that are allowed outside the range.
	Or []float64 `json:"or"`

	pattern, not *regexp.Regexp
}

// Broken is a rule that a configuration breaks.
type Broken struct {
	// Attribute at the top of the configuration that it is about.
	Attribute string
	Happened  string
}

func (l *Limit) prepare() (err error) {
	if l.Pattern != "" {
		l.pattern, err = regexp.Compile(l.Pattern)
	}
	if l.Not != "" && err == nil {
		l.not, err = regexp.Compile(l.Not)
	}
	return err
}

// Validate finds what a configuration breaks. Values that are not known yet break nothing.
func (f *Facts) Validate(config tftypes.Value) []Broken {
	var broken []Broken
	fields := value.Fields(config)
	for _, path := range value.Keys(f.Limits) {
		limit := f.Limits[path]
		steps := strings.Split(path, ".")
		each(config, steps, func(v tftypes.Value) {
			if why := limit.breaks(v); why != "" {
				broken = append(broken, Broken{steps[0], path + " " + why})
			}
		})
	}
	for _, group := range f.Conflicts {
		if there := given(fields, group); len(there) > 1 {
			broken = append(broken, Broken{there[0], strings.Join(there, " and ") + " cannot be given together"})
		}
	}
	for _, group := range f.ExactlyOne {
		if there := given(fields, group); len(there) > 1 {
			broken = append(broken, Broken{there[0], "only one can be given of " + strings.Join(group, ", ")})
		}
	}
	for _, group := range append(append([][]string{}, f.ExactlyOne...), f.AtLeastOne...) {
		if absent(fields, group) {
			broken = append(broken, Broken{group[0], "one must be given of " + strings.Join(group, ", ")})
		}
	}
	for _, group := range f.RequiredWith {
		for _, needed := range group[1:] {
			if len(given(fields, group[:1])) > 0 && absent(fields, []string{needed}) {
				broken = append(broken, Broken{group[0], group[0] + " needs " + needed + ", which is not given"})
			}
		}
	}
	if f.provider != nil {
		broken = append(broken, f.provider.Validate(config)...)
	}
	return broken
}

// each calls a function with every value at a path, through all elements of blocks on the way.
func each(v tftypes.Value, path []string, call func(tftypes.Value)) {
	if elements := value.Elements(v); elements != nil {
		for _, element := range elements {
			each(element, path, call)
		}
		return
	}
	if !value.Given(v) {
		return
	}
	if len(path) == 0 {
		call(v)
	} else if field, ok := value.Fields(v)[path[0]]; ok {
		each(field, path[1:], call)
	}
}

func (l *Limit) breaks(v tftypes.Value) string {
	if v.Type().Is(tftypes.Number) {
		return l.breaksNumber(v)
	}
	if !v.Type().Is(tftypes.String) {
		return ""
	}
	text := value.Text(v)
	switch {
	case l.Max > 0 && len(text) > l.Max:
		return fmt.Sprintf("%q has %d characters, more than %d", text, len(text), l.Max)
	case len(text) < l.Min:
		return fmt.Sprintf("%q has %d characters, fewer than %d", text, len(text), l.Min)
	case l.pattern != nil && !l.pattern.MatchString(text):
		return fmt.Sprintf("%q is not %s", text, l.words("of the form "+l.Pattern))
	case l.not != nil && l.not.MatchString(text):
		return fmt.Sprintf("%q must not be of the form %s", text, l.Not)
	case len(l.OneOf) > 0 && !contains(l.OneOf, text):
		return fmt.Sprintf("%q is none of %s", text, strings.Join(l.OneOf, ", "))
	}
	return ""
}

func (l *Limit) breaksNumber(v tftypes.Value) string {
	number := new(big.Float)
	if v.As(&number) != nil {
		return ""
	}
	is, _ := number.Float64()
	text := number.Text('f', -1)
	for _, allowed := range l.Or {
		if is == allowed {
			return ""
		}
	}
	switch {
	case l.From != nil && is < *l.From:
		return fmt.Sprintf("%s is less than %v%s", text, *l.From, l.besides())
	case l.To != nil && is > *l.To:
		return fmt.Sprintf("%s is more than %v%s", text, *l.To, l.besides())
	case len(l.OneOf) > 0 && !contains(l.OneOf, text):
		return fmt.Sprintf("%s is none of %s", text, strings.Join(l.OneOf, ", "))
	}
	return ""
}

// besides says which numbers are allowed outside the range.
func (l *Limit) besides() string {
	if len(l.Or) == 0 {
		return ""
	}
	return ", and not " + strings.Trim(strings.ReplaceAll(fmt.Sprint(l.Or), " ", " or "), "[]")
}

func (l *Limit) words(otherwise string) string {
	if l.Words != "" {
		return l.Words
	}
	return otherwise
}

// given are the names of a group that the configuration sets.
func given(fields map[string]tftypes.Value, group []string) []string {
	var there []string
	for _, name := range group {
		if v := fields[name]; value.Given(v) && !empty(v) {
			there = append(there, name)
		}
	}
	return there
}

func absent(fields map[string]tftypes.Value, group []string) bool {
	for _, name := range group {
		v, ok := fields[name]
		if ok && (!v.IsKnown() || value.Given(v) && !empty(v)) {
			return false
		}
	}
	return true
}

// empty is a block that is not there: Terraform gives it as a list without elements.
func empty(v tftypes.Value) bool {
	t := v.Type()
	return (t.Is(tftypes.List{}) || t.Is(tftypes.Set{})) && len(value.Elements(v)) == 0
}

func contains(all []string, one string) bool {
	for _, each := range all {
		if each == one {
			return true
		}
	}
	return false
}
