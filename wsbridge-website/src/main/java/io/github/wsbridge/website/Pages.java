package io.github.wsbridge.website;

import io.netty.handler.codec.http.QueryStringEncoder;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The website's own pages. They refer to nothing outside the website. */
final class Pages {

    private static final int RETRY_SECONDS = 10;

    private final SiteUrl site;
    private final boolean terminals;

    /** @param terminals whether the list of devices leads to terminals, too */
    Pages(SiteUrl site, boolean terminals) {
        this.site = site;
        this.terminals = terminals;
    }

    /**
     * Returns the start page.
     *
     * @param signedIn whether somebody has signed in, who can sign out then
     */
    String start(Map<String, Presence> devices, boolean signedIn) {
        long online = devices.values().stream().filter(Presence.ONLINE::equals).count();
        String summary = devices.isEmpty()
                ? signedIn ? "You have not opened a device yet." : "No devices are listed here."
                : devices.size() + (devices.size() == 1 ? " device" : " devices") + ", " + online + " on line";
        return page(
                "Devices",
                refresh(true),
                "<h1>Devices</h1>\n<div id=\"devices\">\n<p class=\"summary\" role=\"status\">" + summary + "</p>\n"
                        + list(devices)
                        + "</div>\n<form class=\"open\" action=\"" + StartPages.OPEN
                        + "\">\n<label for=\"device\">Open a device by its id</label>\n"
                        + "<input id=\"device\" name=\"device\" required autocomplete=\"off\" autocapitalize=\"none\""
                        + " spellcheck=\"false\">\n<button>Open</button>\n</form>\n"
                        + (signedIn
                                ? "<form method=\"post\" action=\"" + StartPages.SIGN_OUT
                                        + "\"><button>Sign out</button></form>\n"
                                : ""),
                "devices.js");
    }

    private static String terminalLink(String id) {
        QueryStringEncoder link = new QueryStringEncoder(StartPages.TERMINAL);
        link.addParam("device", id);
        return " <a class=\"more\" href=\"" + Html.text(link.toString()) + "\">Terminal<span class=\"unseen\"> of "
                + Html.text(id) + "</span></a>";
    }

    /** Returns the page with a terminal of a device. */
    String terminal(String device) {
        String name = Html.text(device);
        return page(
                "Terminal of " + device,
                "<link rel=\"stylesheet\" href=\"" + Assets.PLACE + "xterm.css\">\n<script src=\"" + Assets.PLACE
                        + "xterm.js\" defer></script>\n",
                "<h1>Terminal of " + name
                        + "</h1>\n<p id=\"terminal-state\" role=\"status\">The terminal needs a script"
                        + " of this website.</p>\n<div id=\"terminal\" data-device=\"" + name
                        + "\"></div>\n<p><button id=\"again\" hidden>Connect again</button></p>\n",
                "terminal.js");
    }

    /**
     * Returns the page for signing in.
     *
     * @param then where it leads, a path
     * @param problem what is wrong with the previous attempt; empty if there was none
     */
    String signIn(String then, String problem) {
        String alert = problem.isEmpty()
                ? ""
                : "<p id=\"problem\" class=\"problem\" role=\"alert\">" + Html.text(problem) + "</p>\n";
        return page(
                "Sign in",
                "",
                "<h1>Sign in</h1>\n" + alert + "<form method=\"post\" action=\"" + StartPages.SIGN_IN
                        + "\">\n<label for=\"credential\">Your API key or token for the bridge</label>\n"
                        + "<input id=\"credential\" name=\"credential\" type=\"password\" required"
                        + " autocomplete=\"current-password\" aria-describedby=\"use\">\n"
                        + "<input type=\"hidden\" name=\"then\" value=\"" + Html.text(then) + "\">\n"
                        + "<p id=\"use\" class=\"detail\">It opens the devices that it permits, and nothing else. It is"
                        + " kept in the website's memory until you sign out, or for twelve hours.</p>\n"
                        + "<button>Sign in</button>\n</form>\n",
                "");
    }

    /**
     * Returns the page that leads to a provider for signing in.
     *
     * @param then where it leads in the end, a path
     * @param problem what is wrong with the previous attempt; empty if there was none
     */
    String signInElsewhere(String then, String problem) {
        QueryStringEncoder begin = new QueryStringEncoder(ProviderPages.BEGIN);
        begin.addParam("then", then);
        String alert = problem.isEmpty() ? "" : "<p class=\"problem\" role=\"alert\">" + Html.text(problem) + "</p>\n";
        return page(
                "Sign in",
                "",
                "<h1>Sign in</h1>\n" + alert + "<p><a class=\"button\" href=\"" + Html.text(begin.toString())
                        + "\">Sign in</a></p>\n",
                "");
    }

    private String list(Map<String, Presence> devices) {
        if (devices.isEmpty()) {
            return "";
        }
        StringBuilder list = new StringBuilder("<ul class=\"devices\">\n");
        new TreeMap<>(devices).forEach((id, presence) -> {
            String name = Html.text(id);
            String link = site.of(id)
                    .map(url -> "<a href=\"" + Html.text(url) + "/\">" + name + "</a>")
                    .orElse("<span>" + name + "</span> (its name is too long for a host name)");
            list.append("<li class=\"")
                    .append(presence.name().toLowerCase(Locale.ROOT))
                    .append("\">")
                    .append(link)
                    .append(terminals ? terminalLink(id) : "")
                    .append(" <span class=\"state\">")
                    .append(presence.words())
                    .append("</span></li>\n");
        });
        return list.append("</ul>\n").toString();
    }

    /**
     * Returns a page that says why a device's page is not there.
     *
     * @param repeats whether the page may be opened again without asking, which holds for GET only
     */
    String trouble(Trouble trouble, boolean repeats) {
        boolean waits = trouble.passing() && repeats;
        String detail = trouble.detail().isBlank()
                ? ""
                : "<p class=\"detail\">It was said: <q>" + Html.text(trouble.detail()) + "</q></p>\n";
        String waiting = waits
                ? "<p id=\"waiting\" role=\"status\">This page opens the device by itself as soon as it answers.</p>\n"
                : "";
        return page(
                trouble.title(),
                refresh(waits),
                "<p class=\"code\">" + trouble.status().code() + "</p>\n<h1>" + Html.text(trouble.title())
                        + "</h1>\n<p>"
                        + Html.text(trouble.words()) + "</p>\n" + detail + waiting
                        + (repeats ? "<p><a class=\"button\" href=\"\">Try again</a></p>\n" : ""),
                waits ? "retry.js" : "");
    }

    /** Without scripts, the browser itself asks again. */
    private static String refresh(boolean wanted) {
        return wanted ? "<noscript><meta http-equiv=\"refresh\" content=\"" + RETRY_SECONDS + "\"></noscript>\n" : "";
    }

    private String page(String title, String head, String main, String script) {
        String run = script.isEmpty() ? "" : "<script src=\"" + Assets.PLACE + script + "\" defer></script>\n";
        return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                + "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" + Html.text(title)
                + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"" + Assets.PLACE
                + "site.css\">\n" + head + run + "</head>\n<body>\n<header><a href=\"" + Html.text(site.start())
                + "/\">WebSocket Bridge</a></header>\n<main>\n" + main + "</main>\n</body>\n</html>\n";
    }
}
