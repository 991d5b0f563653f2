namespace CredentialBroker.Approvals.Prompts;

/// <summary>What every source needs whose state is read, whatever it calls its API.</summary>
internal interface IStateOptions
{
    string ApiBase { get; }

    string? TokenFile { get; }

    string Tier { get; }

    Dictionary<string, string> Environments { get; }

    bool AllowLoopback { get; }
}
