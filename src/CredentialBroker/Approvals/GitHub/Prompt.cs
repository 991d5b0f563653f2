using System.Text.Json.Serialization;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>What a webhook says should be looked at. Nothing of it is believed beyond that.</summary>
internal enum Ask
{
    /// <summary>Somebody reviewed a job that waits for an environment.</summary>
    Review,
    /// <summary>A job asks to be let into an environment.</summary>
    Entry,
    /// <summary>A job is over.</summary>
    JobOver,
}

/// <param name="Repository">Full name, as configured.</param>
/// <param name="Attempt">Null where the webhook does not say.</param>
/// <param name="Environment">Its name at GitHub; null when a job is over.</param>
/// <param name="Approver">Id of the account that reviewed.</param>
internal sealed record Prompt(Ask Ask, string Repository, long Run, long? Attempt, string? Environment, long? Job, long? Approver)
{
    /// <summary>What it is about, to find others about the same.</summary>
    [JsonIgnore]
    public string About => $"{Repository}/{Run}";
}

[JsonSerializable(typeof(Prompt))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
internal sealed partial class PromptJson : JsonSerializerContext;
