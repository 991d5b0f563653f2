using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends;

/// <summary>Looks into a credential that is used for a proof.</summary>
internal static class SecretMembers
{
    /// <exception cref="BackendException">It has no such member.</exception>
    public static string Member(this Secret secret, string backend, string name)
    {
        using var json = JsonDocument.Parse(secret.Reveal());
        return json.RootElement.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text
            ? text
            : throw new BackendException(backend, ReasonCodes.TargetUnavailable, "the credential is none that can be used for a proof", transient: false);
    }
}
