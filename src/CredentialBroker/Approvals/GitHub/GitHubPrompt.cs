using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Approvals.Prompts;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>What a webhook of GitHub asks to be looked at.</summary>
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
internal sealed record GitHubPrompt(Ask Ask, string Repository, long Run, long? Attempt = null, string? Environment = null, long? Job = null, long? Approver = null)
{
    /// <param name="options">Of the source that was prompted.</param>
    public Prompt Kept(GitHubOptions options) =>
        new($"{Repository}/{Run}", JsonSerializer.Serialize(this, GitHubPromptJson.Default.GitHubPrompt), Ask == Ask.JobOver ? TaskIn(options) : null);

    /// <summary>The task of one job: its leases end with it.</summary>
    public string TaskIn(GitHubOptions options) =>
        string.Create(CultureInfo.InvariantCulture, $"github/{options.Repositories[Repository].Id}/{Run}/{Attempt}/{Job}");
}

[JsonSerializable(typeof(GitHubPrompt))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class GitHubPromptJson : JsonSerializerContext;
