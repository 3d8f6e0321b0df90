package edge

import (
	"bytes"
	"html/template"
)

// errorHTML is an error as a page. Its policy lets nothing be loaded, so it has no style of its own.
var errorHTML = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<main>
<h1>{{.Title}}</h1>
<p>{{.Detail}}</p>
{{with .Errors}}<ul>
{{range .}}<li>{{with .Parameter}}<code>{{.}}</code>: {{end}}{{.Detail}}{{with .DidYouMean}} (did you mean <code>{{.}}</code>?){{end}}</li>
{{end}}</ul>
{{end}}<p>{{.Status}} <a href="{{.Type}}">{{.Code}}</a>, request <code>{{.RequestID}}</code></p>
<p><a href="{{.Base}}/ui">Dashboard</a> <a href="{{.Base}}/docs">API</a></p>
</main>
</html>
`))

// page returns the error as a page of a server below a base path.
func (p *Problem) page(base string) ([]byte, error) {
	var body bytes.Buffer
	err := errorHTML.Execute(&body, struct {
		*Problem
		Base string
	}{p, base})
	return body.Bytes(), err
}
