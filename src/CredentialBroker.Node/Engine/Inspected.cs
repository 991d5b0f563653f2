using System.Globalization;
using System.Text.Json;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Engine;

/// <summary>What the engine says of one container: what it is, not what was asked for.</summary>
/// <param name="Image">Digest of the image that it runs.</param>
/// <param name="Resources">Resources of the host that it has, as in a request for them.</param>
internal sealed record Inspected(string Id, string Image, bool IsRunning, string StartedAt, IReadOnlyList<string> Resources, IReadOnlyList<string> Paths)
{
    /// <summary>Members that the engine fills in where nothing was asked for.</summary>
    private static readonly string[] Filled = ["masked-paths:", "readonly-paths:", "namespace:host-cgroup", "oom-score:", "isolation:"];

    public static Inspected Of(ReadOnlySpan<byte> json)
    {
        var container = BodyReader.Read(json);
        var about = new Struct(container, "container");
        var state = about.Inner("State") ?? throw new UnreadableException(Refusals.Type, "the container has no state");
        var host = about.Inner("HostConfig") ?? throw new UnreadableException(Refusals.Type, "the container has no host configuration");
        var asked = new Asked();
        HostConfig.Read(host, asked, isStrict: false);
        var isPrivileged = asked.Resources.Contains("privileged", StringComparer.Ordinal);
        return new Inspected(about.Text("Id"), about.Text("Image"), state.Truth("Running"), state.Text("StartedAt"),
            [.. asked.Resources.Where(one => !Filled.Any(fill => one.StartsWith(fill, StringComparison.Ordinal)) && !(isPrivileged && one == "security:label=disable"))], asked.Paths);
    }

    /// <summary>What it has beyond what was approved, or null.</summary>
    public string? Beyond(IReadOnlyList<string> approved) => Resources.FirstOrDefault(one => !approved.Contains(one, StringComparer.Ordinal));
}

/// <summary>What an event is a reason to look at. Nothing else of an event counts: labels can overwrite most of it.</summary>
/// <param name="At">The engine's own time of it, in nanoseconds.</param>
internal sealed record EngineEvent(string What, string Id, long At)
{
    /// <exception cref="JsonException">It is none.</exception>
    public static EngineEvent? Of(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        using var json = JsonDocument.ParseValue(ref reader);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("Type", out var type) || type.GetString() != "container") return null;
        return root.TryGetProperty("Action", out var action) && root.TryGetProperty("Actor", out var actor) && actor.TryGetProperty("ID", out var id) && root.TryGetProperty("timeNano", out var at)
            ? new EngineEvent(action.GetString() ?? "", id.GetString() ?? "", at.GetInt64())
            : null;
    }

    /// <summary>As <c>since</c> of the events takes it.</summary>
    public static string Since(long at) => string.Create(CultureInfo.InvariantCulture, $"{at / 1_000_000_000}.{at % 1_000_000_000:D9}");
}
