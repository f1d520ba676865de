package io.github.wsbridge.core.tokens;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.wire.message.JsonMessage;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes keysets in Tink's JSON format. No exception message contains any part of a key. */
final class KeysetJson {

    /** The parser recurses for each bracket. Tink's format has two per key. */
    private static final int MAX_BRACKETS = 1000;

    private static final String SYMMETRIC = "SYMMETRIC";

    private KeysetJson() {}

    static TokenKeys read(String json) throws GeneralSecurityException {
        if (json.chars().filter(c -> c == '{' || c == '[').count() > MAX_BRACKETS || JsonMessage.excess(json) != null) {
            throw new GeneralSecurityException("too large for a keyset");
        }
        try {
            JsonObject keyset = JsonParser.object().from(json);
            int primaryId = id(keyset, "primaryKeyId");
            Map<Integer, KeysetEntry> entries = new LinkedHashMap<>();
            for (Object key : field(keyset, "key", JsonArray.class)) {
                if (!(key instanceof JsonObject fields)) {
                    throw new GeneralSecurityException("a key is not an object");
                }
                KeysetEntry entry = entry(fields);
                if (entries.put(entry.id(), entry) != null) {
                    throw new GeneralSecurityException("two keys have the id " + Integer.toUnsignedString(entry.id()));
                }
            }
            KeysetEntry primary = entries.get(primaryId);
            if (primary == null || !primary.enabled()) {
                throw new GeneralSecurityException("the keyset has no enabled primary key");
            }
            return new TokenKeys(primary, List.copyOf(entries.values()));
        } catch (JsonParserException e) {
            throw new GeneralSecurityException(
                    "not JSON, line " + e.getLinePosition() + ", column " + e.getCharPosition());
        }
    }

    private static KeysetEntry entry(JsonObject key) throws GeneralSecurityException {
        int id = id(key, "keyId");
        try {
            JsonObject data = field(key, "keyData", JsonObject.class);
            if (!field(data, "keyMaterialType", String.class).equals(SYMMETRIC)) {
                throw new GeneralSecurityException("not a symmetric key");
            }
            return new KeysetEntry(
                    id,
                    field(data, "typeUrl", String.class),
                    Base64.getDecoder().decode(field(data, "value", String.class)),
                    field(key, "status", String.class),
                    field(key, "outputPrefixType", String.class));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new GeneralSecurityException("key " + Integer.toUnsignedString(id) + ": " + e.getMessage());
        }
    }

    private static <T> T field(JsonObject object, String name, Class<T> type) throws GeneralSecurityException {
        Object value = object.get(name);
        if (!type.isInstance(value)) {
            throw new GeneralSecurityException(name + " is missing or of the wrong type");
        }
        return type.cast(value);
    }

    /** Reads an id, signed or unsigned, since Tink accepts either. */
    private static int id(JsonObject object, String name) throws GeneralSecurityException {
        Number number = field(object, name, Number.class);
        long id = number.longValue();
        if (!(number instanceof Integer || number instanceof Long) || id < Integer.MIN_VALUE || id > 0xffff_ffffL) {
            throw new GeneralSecurityException(name + " is not a 32-bit number");
        }
        return (int) id;
    }

    static String write(KeysetEntry primary, List<KeysetEntry> entries) {
        JsonStringWriter json = JsonWriter.string()
                .object()
                .value("primaryKeyId", Integer.toUnsignedLong(primary.id()))
                .array("key");
        for (KeysetEntry entry : entries) {
            json.object()
                    .object("keyData")
                    .value("typeUrl", entry.typeUrl())
                    .value("value", Base64.getEncoder().encodeToString(entry.value()))
                    .value("keyMaterialType", SYMMETRIC)
                    .end()
                    .value("status", entry.status())
                    .value("keyId", Integer.toUnsignedLong(entry.id()))
                    .value("outputPrefixType", entry.prefixType())
                    .end();
        }
        return json.end().end().done();
    }
}
