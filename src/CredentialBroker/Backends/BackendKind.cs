namespace CredentialBroker.Backends;

/// <summary>A backend as its folder brings it into the catalog.</summary>
/// <param name="Limits">How much may go on at once at a target, by its name.</param>
internal sealed record BackendKind(Backend Backend, Func<string, GateLimits> Limits);
