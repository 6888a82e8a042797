package browser

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A request is one that the browser has sent.
type request struct {
	id       network.RequestID
	url      string
	document string // the URL of the page that sent it
	kind     network.ResourceType
	referer  string
}

// listen notes what the browser reports. It must not call the browser.
func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		referer, _ := e.Request.Headers["Referer"].(string)
		p.requests = append(p.requests, request{e.RequestID, e.Request.URL, e.DocumentURL, e.Type, referer})
	case *network.EventRequestWillBeSentExtraInfo: // with the headers as sent
		for i := range p.requests {
			if referer, ok := e.Headers["Referer"].(string); ok && p.requests[i].id == e.RequestID {
				p.requests[i].referer = referer
			}
		}
	case *page.EventJavascriptDialogOpening:
		p.dialogs = append(p.dialogs, e.Message)
		go func() { _ = chromedp.Do(p.ctx, acceptDialog) }()
	case *runtime.EventExceptionThrown:
		p.problem("script failed: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.problem("console: %v", e.Type)
		}
	case *log.EventEntryAdded:
		if isProblem(e.Entry) && !p.isDocument(e.Entry.NetworkRequestID) {
			p.problem("%s: %s", e.Entry.Source, e.Entry.Text)
		}
	}
}

var acceptDialog = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	return err
})

// isProblem reports whether a message of the browser is about a mistake in a page, such
// as a breach of its Content-Security-Policy, or a form that password managers don't
// understand.
func isProblem(e *log.Entry) bool {
	return e.Level == log.EntryLevelError || e.Source == log.EntrySourceSecurity ||
		e.Source == log.EntrySourceRecommendation || strings.Contains(e.Text, "[DOM]")
}

// isDocument reports whether id is of a page. The browser calls its status an error, and
// a form that isn't accepted has one.
func (p *tab) isDocument(id network.RequestID) bool {
	return id != "" && slices.ContainsFunc(p.requests, func(r request) bool {
		return r.id == id && r.kind == network.ResourceTypeDocument
	})
}

func (p *tab) problem(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// checkProblems reports what the browser has complained about since the last call.
func (p *tab) checkProblems() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.problems) > 0 && !p.with.attack {
		p.t.Errorf("the browser reported: %s; want nothing", strings.Join(p.problems, "; "))
	}
	p.problems = nil
}

// lastPath returns the path of the page, for messages: no query, which may have a token.
func (p *tab) lastPath() string {
	path, err := tryEval[string](p, "location.pathname")
	if err != nil {
		return "(unknown)"
	}
	return path
}

// saveFailure keeps what the tab shows, as an image and as HTML.
func (p *tab) saveFailure() {
	name := screenshotDir + "/failed-" + strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name()) + strings.ReplaceAll(p.lastPath(), "/", "-")
	ctx, cancel := context.WithTimeout(p.ctx, patience/4)
	defer cancel()
	if b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.WriteFile(name+".png", b, 0o644)
	}
	if html, err := tryEval[string](p, "document.documentElement.outerHTML"); err == nil {
		_ = os.WriteFile(name+".html", []byte(html), 0o644)
	}
	p.t.Logf("the page %s is kept as %s.png and .html", p.lastPath(), strings.TrimPrefix(name, "../../"))
}
