package io.github.wsbridge.website;

import java.net.URI;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Where people sign in whom the website does not know itself, such as an OpenID Connect provider. */
public interface SignInProvider {

    /**
     * One attempt of one browser to sign in. All texts but the redirect URL cannot be guessed.
     *
     * @param redirect where the provider sends the browser back, with {@code code} and {@code state}
     * @param state what the website recognizes the attempt by
     * @param nonce what proves that the provider's statement is about this attempt
     * @param verifier a secret between website and provider (RFC 7636)
     */
    record Attempt(URI redirect, String state, String nonce, String verifier) {

        /** Omits the secrets. */
        @Override
        public String toString() {
            return "attempt to sign in";
        }
    }

    /**
     * Somebody whom the provider knows.
     *
     * @param name who it is, for limits
     * @param credential becomes that of the {@link Visitor}
     * @param until when the sign-in ends at the latest
     * @param mayOpen tells which devices the person may open. Called on event loops: must not block
     */
    record Person(String name, String credential, Instant until, Predicate<String> mayOpen) {

        /** Omits the credential. */
        @Override
        public String toString() {
            return name;
        }
    }

    /** Returns where to send a browser. Called on an event loop: must not block. */
    CompletionStage<URI> begin(Attempt attempt);

    /**
     * Finds out who has come back. Called on an event loop: must not block.
     *
     * @param code what the browser has brought
     * @return fails if the provider does not know the person
     */
    CompletionStage<Person> end(Attempt attempt, String code);
}
