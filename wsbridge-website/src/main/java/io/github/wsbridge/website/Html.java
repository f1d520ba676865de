package io.github.wsbridge.website;

/** Text in HTML. */
final class Html {

    private Html() {}

    /** Returns the text as it appears in elements and in quoted attributes. */
    static String text(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.append(Character.isISOControl(c) ? ' ' : c);
            }
        }
        return safe.toString();
    }

    /** Returns the text as one line. */
    static String line(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }
}
