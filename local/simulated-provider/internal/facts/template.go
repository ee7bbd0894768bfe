package facts

import (
	"fmt"
	"regexp"
	"strings"
)

// A template such as "arn:aws:sqs:{region}:{account}:{name}" names other attributes, and makes ids:
//
//	{hex:16} {digits:10} {upper:17} {new_uuid} {now}   fresh in every object
//	{arn|after:loadbalancer/}                          what follows a text
//	{cluster|last:/}                                   what follows the last of a text
//	{kind|map:network=net,gateway=gwy,*=app}           one word for another
//	{cluster|or:default}                               where the attribute is empty
//	{name|slash}                                       with a slash before it
var placeholder = regexp.MustCompile(`\{([a-z0-9_]+)(?::(\d+))?((?:\|[^}|]+)*)\}`)

// Source gives the text of an attribute or of the provider's configuration, and fresh characters.
type Source interface {
	// Attribute is the text of an attribute of the object, or of "region" and "account".
	Attribute(name string) string
	// Fresh makes text of a kind: hex, digits, upper, new_uuid or now.
	Fresh(kind string, length int) (string, bool)
}

// Expand fills a template.
func Expand(template string, from Source) string {
	return placeholder.ReplaceAllStringFunc(template, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		var length int
		_, _ = fmt.Sscan(parts[2], &length)
		text, fresh := from.Fresh(parts[1], length)
		if !fresh {
			text = from.Attribute(parts[1])
		}
		for _, filter := range strings.Split(parts[3], "|")[1:] {
			text = apply(filter, text)
		}
		return text
	})
}

func apply(filter, text string) string {
	name, argument, _ := strings.Cut(filter, ":")
	switch name {
	case "after":
		_, after, _ := strings.Cut(text, argument)
		return after
	case "last":
		return text[strings.LastIndex(text, argument)+1:]
	case "slash":
		return "/" + strings.TrimPrefix(text, "/")
	case "or":
		if text == "" {
			return argument
		}
	case "map":
		for _, pair := range strings.Split(argument, ",") {
			from, to, _ := strings.Cut(pair, "=")
			if from == text || from == "*" {
				return to
			}
		}
	}
	return text
}

// Match reads the attributes out of a text that a template may have made; nil where it did not.
func Match(template, text string) map[string]string {
	var names []string
	var pattern strings.Builder
	pattern.WriteString("^")
	rest := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		pattern.WriteString(regexp.QuoteMeta(template[rest:at[0]]))
		rest = at[1]
		name, filtered := template[at[2]:at[3]], at[6] != at[7]
		if filtered || at[4] >= 0 {
			pattern.WriteString(`(?:.*?)`)
			continue
		}
		names = append(names, name)
		pattern.WriteString(`(.+?)`)
	}
	pattern.WriteString(regexp.QuoteMeta(template[rest:]) + "$")
	found := regexp.MustCompile(pattern.String()).FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	attributes := map[string]string{}
	for i, name := range names {
		attributes[name] = found[i+1]
	}
	return attributes
}
