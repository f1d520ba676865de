package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a request must be like to be answered at all. Netty's decoder has checked its grammar. */
final class Rules {

    private static final AsciiString FETCH_SITE = AsciiString.cached("sec-fetch-site");
    private static final AsciiString FETCH_DEST = AsciiString.cached("sec-fetch-dest");
    private static final AsciiString FETCH_MODE = AsciiString.cached("sec-fetch-mode");
    private static final Pattern ABSOLUTE = Pattern.compile("(?i)https?://([^/?#]+)(.*)");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.-]+(:\\d{1,5})?");
    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x20\\x7f]");

    private Rules() {}

    /** Refuses what could mean different things to different servers, and puts the target into its usual form. */
    static void check(HttpRequest request) throws Refused {
        HttpHeaders fields = request.headers();
        HttpVersion version = request.protocolVersion();
        if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
            throw new Refused(HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "this is a server of HTTP/1.1");
        }
        if (request.method().equals(HttpMethod.CONNECT) || request.method().equals(HttpMethod.TRACE)) {
            throw new Refused(HttpResponseStatus.METHOD_NOT_ALLOWED, "this method is not allowed");
        }
        if (fields.getAll(HttpHeaderNames.HOST).size() != 1) {
            throw bad("exactly one Host field is required");
        }
        List<String> codings = fields.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!codings.isEmpty()) {
            if (!version.equals(HttpVersion.HTTP_1_1) || fields.contains(HttpHeaderNames.CONTENT_LENGTH)) {
                throw bad("the end of the request is ambiguous");
            }
            if (codings.size() != 1 || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0))) {
                throw new Refused(HttpResponseStatus.NOT_IMPLEMENTED, "the only transfer coding here is chunked");
            }
        }
        length(request);
        List<String> expected = fields.getAll(HttpHeaderNames.EXPECT);
        if (expected.size() > 1
                || expected.size() == 1 && !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expected.get(0))) {
            throw new Refused(HttpResponseStatus.EXPECTATION_FAILED, "the only expectation here is 100-continue");
        }
        toPath(request);
    }

    /** A target may be a whole URL, which then counts in place of {@code Host} (RFC 9112, section 3.2.2). */
    private static void toPath(HttpRequest request) throws Refused {
        Matcher absolute = ABSOLUTE.matcher(request.uri());
        if (absolute.matches()) {
            request.headers().set(HttpHeaderNames.HOST, absolute.group(1));
            String rest = absolute.group(2);
            request.setUri(rest.startsWith("/") ? rest : "/" + rest);
        }
        if (!request.uri().startsWith("/")
                || request.uri().indexOf('#') >= 0
                || CONTROL.matcher(request.uri()).find()) {
            throw bad("the target of the request is not a path");
        }
        if (!HOST.matcher(host(request)).matches()) {
            throw bad("the Host field is no host");
        }
    }

    static String host(HttpRequest request) {
        return String.valueOf(request.headers().get(HttpHeaderNames.HOST)).strip();
    }

    /** Returns the length of the body; 0 if it is not known. */
    static long length(HttpRequest request) throws Refused {
        String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
        if (length == null) {
            return 0;
        }
        if (!length.matches("\\d{1,18}")) {
            throw bad("the Content-Length is no length");
        }
        return Long.parseLong(length);
    }

    /**
     * Refuses what a page of one device, or of any other website, sends to this host in the name of the person who
     * looks at it: devices are strangers to each other, although browsers count names below one host as one site. A
     * link may still be followed, but not into a frame, where the other page could lead the person's clicks.
     */
    static void checkOrigin(HttpRequest request) throws Refused {
        HttpHeaders fields = request.headers();
        String origin = fields.get(HttpHeaderNames.ORIGIN);
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        boolean upgrade = fields.contains(HttpHeaderNames.UPGRADE);
        if (origin != null && (!reads || upgrade) && !isOf(origin, host(request))) {
            throw foreign();
        }
        String site = String.valueOf(fields.get(FETCH_SITE));
        boolean elsewhere = site.equals("same-site") || site.equals("cross-site");
        boolean document = "document".equals(fields.get(FETCH_DEST)) || !fields.contains(FETCH_DEST);
        boolean link = "navigate".equals(fields.get(FETCH_MODE)) && document && reads;
        if (elsewhere && !link) {
            throw foreign();
        }
    }

    /**
     * Admits a form only from a page of this very origin, which browsers say of every form that they send: another page
     * could sign somebody in as somebody else, or sign them out.
     */
    static void checkForm(HttpRequest request, SiteUrl site) throws Refused {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        String here = (site.secure() ? "https://" : "http://") + host(request);
        boolean own = origin == null
                ? "same-origin".equals(request.headers().get(FETCH_SITE))
                : origin.equalsIgnoreCase(here) || origin.equalsIgnoreCase(site.start());
        if (!own) {
            throw foreign();
        }
    }

    private static boolean isOf(String origin, String host) {
        int end = origin.indexOf("://");
        return end > 0 && origin.substring(end + 3).toLowerCase(Locale.ROOT).equals(host.toLowerCase(Locale.ROOT));
    }

    static void onlyReads(HttpRequest request) throws Refused {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            throw new Refused(HttpResponseStatus.METHOD_NOT_ALLOWED, "this method is not allowed");
        }
    }

    private static Refused bad(String message) {
        return new Refused(HttpResponseStatus.BAD_REQUEST, message);
    }

    private static Refused foreign() {
        return new Refused(HttpResponseStatus.FORBIDDEN, "pages of other hosts may only link here");
    }
}
