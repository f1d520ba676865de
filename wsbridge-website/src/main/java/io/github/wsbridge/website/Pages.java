package io.github.wsbridge.website;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The website's own pages. They refer to nothing outside the website. */
final class Pages {

    private static final int RETRY_SECONDS = 10;

    private final SiteUrl site;

    Pages(SiteUrl site) {
        this.site = site;
    }

    /** Returns the start page. */
    String start(Map<String, Presence> devices) {
        long online = devices.values().stream().filter(Presence.ONLINE::equals).count();
        String summary = devices.isEmpty()
                ? "No devices are known here. Any device has a page at <code>" + Html.text(example()) + "</code>."
                : devices.size() + (devices.size() == 1 ? " device" : " devices") + ", " + online + " on line";
        return page(
                "Devices",
                refresh(true),
                "<h1>Devices</h1>\n<div id=\"devices\" aria-live=\"polite\">\n<p class=\"summary\">" + summary
                        + "</p>\n"
                        + list(devices)
                        + "</div>\n",
                "devices.js");
    }

    private String example() {
        return site.of("device-1").orElseThrow() + "/";
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
