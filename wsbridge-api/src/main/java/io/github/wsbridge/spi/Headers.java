package io.github.wsbridge.spi;

import java.util.List;

/** The header fields of an HTTP message, found by name in any case. Thread-safe once it has been handed over. */
@FunctionalInterface
public interface Headers {

    /** All values of a field, in order; empty if it is missing. */
    List<String> all(String name);

    /** The only value of a field; empty if it is missing or appears more than once. */
    default String only(String name) {
        List<String> values = all(name);
        return values.size() == 1 ? values.get(0) : "";
    }

    /** The elements of a comma-separated list, which may be spread over several fields of the same name; without blanks. */
    default List<String> elements(String name) {
        return all(name).stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .map(String::strip)
                .filter(element -> !element.isEmpty())
                .toList();
    }

    /** Whether a comma-separated list has an element, in any case. */
    default boolean contains(String name, String element) {
        return elements(name).stream().anyMatch(element::equalsIgnoreCase);
    }
}
