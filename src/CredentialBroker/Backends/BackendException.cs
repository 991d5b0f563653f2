namespace CredentialBroker.Backends;

/// <summary>A backend's fault. The message is already scrubbed: it names kinds and codes, never values.</summary>
internal sealed class BackendException(string backend, string code, string detail, bool transient, Exception? inner = null)
    : Exception($"{backend}: {detail}", inner)
{
    /// <summary>Stable reason code.</summary>
    public string Code { get; } = code;

    /// <summary>What went wrong, safe to show an operator.</summary>
    public string Detail { get; } = detail;

    /// <summary>Worth trying again as it is.</summary>
    public bool Transient { get; } = transient;
}
