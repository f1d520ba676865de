package io.github.wsbridge.launcher;

import java.io.Reader;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * Settings in YAML 1.2. The parts of a name may be nested: {@code audit: {format: json}} is {@code audit-format: json}.
 * All values are text, as written; a list is for an option that takes several values.
 */
final class YamlSettings {

    private static final int MOST_CHARACTERS = 1 << 20;
    private static final int DEEPEST = 8;

    private final Predicate<String> several;
    private final Map<String, String> settings = new TreeMap<>();

    private YamlSettings(Predicate<String> several) {
        this.several = several;
    }

    /**
     * Reads all settings, by name.
     *
     * @param several whether a name takes several values
     * @throws IllegalArgumentException if that is not possible; the message says where
     */
    static Map<String, String> read(Reader reader, Predicate<String> several) {
        LoadSettings form = LoadSettings.builder()
                .setSchema(new FailsafeSchema())
                .setTagConstructors(Map.of(Tag.NULL, missing -> "")) // a name without a value
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(0)
                .setCodePointLimit(MOST_CHARACTERS)
                .build();
        YamlSettings read = new YamlSettings(several);
        try {
            Object all = new Load(form).loadFromReader(reader);
            if (all instanceof Map<?, ?> map) {
                read.add("", map, 1);
            } else if (all != null && !all.equals("")) {
                throw new IllegalArgumentException("there must be settings, as in 'listen: 0.0.0.0:8080'");
            }
        } catch (MarkedYamlEngineException e) {
            String where = e.getProblemMark()
                    .map(mark -> " in line " + (mark.getLine() + 1))
                    .orElse("");
            throw new IllegalArgumentException(e.getProblem() + where, e);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return read.settings;
    }

    private void add(String prefix, Map<?, ?> map, int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("'" + prefix + "' is nested too deeply");
        }
        map.forEach((key, value) -> {
            String name = prefix.isEmpty() ? String.valueOf(key) : prefix + "-" + key;
            if (value instanceof Map<?, ?> nested) {
                add(name, nested, depth + 1);
            } else if (settings.put(
                            name,
                            value instanceof List<?> list
                                    ? joined(name, list)
                                    : value.toString().strip())
                    != null) {
                throw new IllegalArgumentException("'" + name + "' is set twice");
            }
        });
    }

    private String joined(String name, List<?> list) {
        if (!several.test(name)) {
            throw new IllegalArgumentException("'" + name + "' takes one value, not a list");
        }
        return list.stream()
                .map(item -> {
                    if (!(item instanceof String text) || text.contains(",")) {
                        throw new IllegalArgumentException("'" + name + "': an item must be text without a comma");
                    }
                    return text.strip();
                })
                .collect(Collectors.joining(","));
    }
}
