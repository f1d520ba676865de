package io.github.wsbridge.spi;

import java.util.List;

/**
 * The header fields of an HTTP message. Names are case-insensitive. Thread-safe once it has been passed to the node.
 */
@FunctionalInterface
public interface Headers {

    /** Returns all values of a field, in order; empty if the field is missing. */
    List<String> all(String name);

    /** Returns the only value of a field; empty if the field is missing or appears more than once. */
    default String only(String name) {
        List<String> values = all(name);
        return values.size() == 1 ? values.get(0) : "";
    }

    /**
     * Returns the elements of a comma-separated list, which may be spread over several fields of the same name.
     * Elements are trimmed; empty ones are skipped.
     */
    default List<String> elements(String name) {
        return all(name).stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .map(String::strip)
                .filter(element -> !element.isEmpty())
                .toList();
    }

    /** Returns whether a comma-separated list contains an element, ignoring case. */
    default boolean contains(String name, String element) {
        return elements(name).stream().anyMatch(element::equalsIgnoreCase);
    }
}
