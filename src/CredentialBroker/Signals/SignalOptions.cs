using CredentialBroker.Audit;

namespace CredentialBroker.Signals;

/// <summary>Section <c>Signals</c>: who is told when credentials come, change and go.</summary>
internal sealed record SignalOptions
{
    /// <summary>Receivers by name. A name keeps its place: one that is new begins with the oldest record.</summary>
    public Dictionary<string, SignalStreamOptions> Streams { get; init; } = [];

    public IEnumerable<string> Validate() => Streams.SelectMany(stream => SignalNames.IsName(stream.Key)
        ? stream.Value.Validate($"Signals:Streams:{stream.Key}")
        : [$"Signals:Streams:{stream.Key}: a name of 1 to 64 lower-case letters, digits and hyphens"]);
}

/// <summary>One receiver.</summary>
internal sealed record SignalStreamOptions
{
    public const string Push = "caep-push";
    public const string Poll = "caep-poll";
    public const string Webhook = "webhook";

    /// <summary><c>caep-push</c> (RFC 8935), <c>caep-poll</c> (RFC 8936) or <c>webhook</c> (Standard Webhooks).</summary>
    public string Kind { get; init; } = "";

    /// <summary>An https address that takes POST, http on loopback only; not for <c>caep-poll</c>.</summary>
    public Uri? To { get; init; }

    /// <summary>The receiver's name for itself, the <c>aud</c> of every event; for the two kinds of CAEP.</summary>
    public string? Audience { get; init; }

    /// <summary>File with the bearer token that the address of <c>caep-push</c> wants.</summary>
    public string? TokenFile { get; init; }

    /// <summary>File with the secrets of a <c>webhook</c>, <c>whsec_</c> and base64, one in a line: each signs, so that one can follow another.</summary>
    public string? SecretFile { get; init; }

    public IEnumerable<string> Validate(string path)
    {
        if (Kind is not (Push or Poll or Webhook)) yield return $"{path}:Kind: '{Kind}' is none of {Push}, {Poll}, {Webhook}";
        if (Kind == Poll && To is not null) yield return $"{path}:To: a receiver that polls is not called";
        if (Kind is Push or Webhook && (To is null || !ExportOptions.IsAddress(To))) yield return $"{path}:To: {ExportOptions.AddressWanted}";
        if (Kind is Push or Poll && string.IsNullOrWhiteSpace(Audience)) yield return $"{path}:Audience: required";
        if (Kind == Webhook && Audience is not null) yield return $"{path}:Audience: webhooks have none";
        if (TokenFile is not null && Kind != Push) yield return $"{path}:TokenFile: only {Push} shows a token";
        if (TokenFile is not null && !File.Exists(TokenFile)) yield return $"{path}:TokenFile: no file at '{TokenFile}'";
        if (SecretFile is not null && Kind != Webhook) yield return $"{path}:SecretFile: only a webhook is signed with a secret";
        if (Kind != Webhook) yield break;
        if (SecretFile is null || !File.Exists(SecretFile)) yield return $"{path}:SecretFile: no file at '{SecretFile}'";
        else if (WebhookSecrets.Read(SecretFile).Count == 0) yield return $"{path}:SecretFile: wants lines of whsec_ and base64 of 24 to 64 bytes";
    }
}
