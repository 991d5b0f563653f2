using System.Text.Json.Serialization;

namespace CredentialBroker.Protocol;

/// <summary>What ending a credential means before its own expiry.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Revocability>))]
public enum Revocability
{
    /// <summary>The single credential is ended where it is honoured (R1).</summary>
    Immediate,
    /// <summary>The identity made for the lease is ended, and the credential with it (R2).</summary>
    Principal,
    /// <summary>A condition that those who honour the credential evaluate turns false (R3).</summary>
    Condition,
    /// <summary>Only all credentials of a shared identity can be ended together (R4).</summary>
    Barrier,
    /// <summary>Nothing ends it before its own expiry (R5).</summary>
    ExpiryOnly,
}
