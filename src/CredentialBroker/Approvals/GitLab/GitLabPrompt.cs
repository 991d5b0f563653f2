using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Approvals.Prompts;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>What a webhook of GitLab asks to be looked at.</summary>
internal enum Ask
{
    /// <summary>A deployment runs, so that whoever had to approve it did.</summary>
    Deployment,
    /// <summary>A deployment came to nothing, perhaps because somebody rejected it.</summary>
    Rejection,
    /// <summary>A job is over.</summary>
    JobOver,
}

/// <param name="Project">Its id.</param>
/// <param name="Deployment">Null when only a job is over.</param>
/// <param name="Environment">Its name at GitLab; null when only a job is over.</param>
internal sealed record GitLabPrompt(Ask Ask, long Project, long Job, long? Deployment = null, string? Environment = null)
{
    /// <param name="options">Of the source that was prompted.</param>
    public Prompt Kept(GitLabOptions options) => new(
        string.Create(CultureInfo.InvariantCulture, $"{options.PathOf(Project)}/-/jobs/{Job}"),
        JsonSerializer.Serialize(this, GitLabPromptJson.Default.GitLabPrompt),
        Ask == Ask.JobOver ? TaskIn(options) : null);

    /// <summary>The task of one job: its leases end with it. Two instances may have jobs of the same number.</summary>
    public string TaskIn(GitLabOptions options) =>
        string.Create(CultureInfo.InvariantCulture, $"gitlab/{options.WorkloadSource}/{Project}/{Job}");
}

[JsonSerializable(typeof(GitLabPrompt))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class GitLabPromptJson : JsonSerializerContext;
