package io.github.wsbridge.website;

import io.github.wsbridge.wire.net.Reasons;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads browsers to a provider and back. Nothing is kept for an attempt: what is secret in it follows from a cookie of
 * the browser and a key of this website, and {@code state} says where the person wanted to go. So nobody can finish the
 * attempt of another browser, and attempts that are never finished cost nothing.
 */
final class ProviderPages {

    static final String BEGIN = Assets.PLACE + "begin";
    static final String END = Assets.PLACE + "signed-in";
    static final Set<String> PLACES = Set.of(BEGIN, END);

    private static final Logger log = LoggerFactory.getLogger(ProviderPages.class);

    private static final int MOST_PATH = 2_000;

    private final SignInProvider provider;
    private final SiteUrl site;
    private final Pages pages;
    private final SignIns signIns;
    private final Keyed key = new Keyed();

    ProviderPages(SignInProvider provider, SiteUrl site, Pages pages, SignIns signIns) {
        this.provider = provider;
        this.site = site;
        this.pages = pages;
        this.signIns = signIns;
    }

    /** Returns what answers a request for one of the {@link #PLACES}; null if it has been answered. */
    @Nullable
    Exchange route(BrowserConnection browser, HttpRequest request, QueryStringDecoder target) {
        return target.rawPath().equals(BEGIN)
                ? begin(browser, request, StartPages.path(target, "then"))
                : end(browser, request, target);
    }

    private SignInProvider.Attempt attempt(String entry, String then) {
        String place = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((then.length() > MOST_PATH ? "/" : then).getBytes(StandardCharsets.UTF_8));
        return new SignInProvider.Attempt(
                URI.create(site.start() + END),
                key.of("state " + entry + " " + place) + "." + place,
                key.of("nonce " + entry),
                key.of("verifier " + entry));
    }

    private Exchange begin(BrowserConnection browser, HttpRequest request, String then) {
        String entry = OwnCookie.ENTRY
                .value(request.headers(), site.secure())
                .filter(RandomText::is) // which another tab may be using
                .orElseGet(RandomText::next);
        return new PromisedAnswer(browser, () -> failed(then, "The provider has not answered in time."))
                .of(provider.begin(attempt(entry, then)), (place, failure) -> {
                    if (place == null) {
                        log.warn("Nobody can sign in, since the provider does not say where: {}", reason(failure));
                        return failed(then, "The provider cannot be reached.");
                    }
                    FullHttpResponse led = Answer.redirect(place.toString());
                    led.headers().set(HttpHeaderNames.SET_COOKIE, OwnCookie.ENTRY.set(entry, site.secure()));
                    return led;
                });
    }

    private @Nullable Exchange end(BrowserConnection browser, HttpRequest request, QueryStringDecoder target) {
        String state = StartPages.first(target, "state");
        String then = place(state);
        String entry = OwnCookie.ENTRY.value(request.headers(), site.secure()).orElse("");
        SignInProvider.Attempt attempt = attempt(entry, then);
        boolean own = RandomText.is(entry)
                && MessageDigest.isEqual(
                        state.getBytes(StandardCharsets.UTF_8), attempt.state().getBytes(StandardCharsets.UTF_8));
        String code = StartPages.first(target, "code");
        if (!own || code.isEmpty()) {
            String error = Html.line(StartPages.first(target, "error"));
            browser.answer(failed(
                    own ? then : "/",
                    own
                            ? "The provider has not signed you in" + (error.isEmpty() ? "." : ": " + error + ".")
                            : "This attempt has begun in another browser, or too long ago."));
            return null;
        }
        return new PromisedAnswer(browser, () -> failed(then, "The provider has not answered in time."))
                .of(provider.end(attempt, code), (person, failure) -> {
                    if (person == null) {
                        log.info("The provider has not signed somebody in: {}", reason(failure));
                        return failed(then, "The provider has not signed you in.");
                    }
                    String cookie = signIns.enter(person, browser.browser());
                    FullHttpResponse entered = Answer.redirect(then);
                    entered.headers()
                            .add(HttpHeaderNames.SET_COOKIE, OwnCookie.SIGN_IN.set(cookie, site.secure()))
                            .add(HttpHeaderNames.SET_COOKIE, OwnCookie.ENTRY.set("", site.secure()));
                    return entered;
                });
    }

    private static String reason(@Nullable Throwable failure) {
        return failure == null
                ? "no answer"
                : Reasons.of(
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
    }

    private static String place(String state) {
        try {
            byte[] path = Base64.getUrlDecoder().decode(state.substring(state.indexOf('.') + 1));
            return StartPages.local(new String(path, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return "/";
        }
    }

    private FullHttpResponse failed(String then, String problem) {
        return Answer.html(HttpResponseStatus.FORBIDDEN, pages.signInElsewhere(then, problem), "");
    }
}
