package signup_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gosignup/signup"
)

func TestLanguages(t *testing.T) {
	ctx := context.Background()
	german := signup.WithLanguages(ctx, []string{"de-AT", "de", "en"})
	for _, c := range []struct {
		name string
		ctx  context.Context
		want []string
	}{
		{"nothing known", ctx, nil},
		{"set", german, []string{"de-AT", "de", "en"}},
		{"set again", signup.WithLanguages(german, []string{"fr"}), []string{"fr"}},
		{"none", signup.WithLanguages(german, nil), nil},
		{"Accept-Language", signup.WithAcceptLanguage(ctx, []string{"en;q=0.5, DE-at", "*, fr;q=0.7"}), []string{"de-AT", "fr", "en"}},
		{"no Accept-Language", signup.WithAcceptLanguage(ctx, nil), nil},
		{"a malformed one", signup.WithAcceptLanguage(ctx, []string{"de_DE, ü, *"}), nil},
		{"set before", signup.WithAcceptLanguage(german, []string{"fr"}), []string{"de-AT", "de", "en"}},
		{"none set before", signup.WithAcceptLanguage(signup.WithLanguages(ctx, nil), []string{"fr"}), nil},
		{"set after", signup.WithLanguages(signup.WithAcceptLanguage(ctx, []string{"fr"}), []string{"it"}), []string{"it"}},
	} {
		if got := signup.Languages(c.ctx); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Send gets the languages of the call, also for a notice, whose context isn't canceled
// with the call's.
func TestLanguagesOfMail(t *testing.T) {
	a, _ := mailAccounts()
	var got []string
	a.Send = func(ctx context.Context, _ signup.Mail) error {
		got = append(got, signup.Languages(ctx)...)
		return nil
	}
	s := logInAda(t, a, func(u *signup.User) { u.EmailVerifiedAt = u.CreatedAt })
	ctx := signup.WithLanguages(t.Context(), []string{"de"})
	if err := a.SendPasswordReset(ctx, s.Key, signup.Client{}); err != nil {
		t.Errorf("SendPasswordReset returned %v, want nil", err)
	}
	if _, err := a.ChangeOwnPassword(ctx, s, goodPassword, newPassword); err != nil {
		t.Errorf("ChangeOwnPassword returned %v, want nil", err)
	}
	if want := []string{"de", "de"}; !slices.Equal(got, want) {
		t.Errorf("the mails had the languages %q, want %q", got, want)
	}
}
