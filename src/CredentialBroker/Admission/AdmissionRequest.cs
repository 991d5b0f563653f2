using System.Text.Json;
using CredentialBroker.Backends.Wires;
using StrictJson = CredentialBroker.Attestation.StrictJson;

namespace CredentialBroker.Admission;

/// <summary>What an AdmissionReview (admission.k8s.io/v1) asks, read strictly.</summary>
/// <param name="Uid">Of this question; its answer repeats it.</param>
/// <param name="Resource">Group, version and resource, as <c>/v1/pods</c>.</param>
/// <param name="Kind">Group, version and kind, as <c>/v1/Pod</c>.</param>
/// <param name="User">Who asks the API server.</param>
internal sealed record AdmissionRequest(
    string Uid, string Operation, string Resource, string Kind, string SubResource, string Name, string Namespace, string User, IReadOnlyList<string> Groups,
    JsonElement? Object, JsonElement? Old, bool DryRun)
{
    private const int LongestName = 256;

    /// <summary>Null where the bytes are no question that could be answered; the fault says why and quotes nothing.</summary>
    public static AdmissionRequest? Read(ReadOnlySpan<byte> body, out string? fault)
    {
        if (!StrictJson.TryReadObject(body, out var json, out var malformed)) return Nothing($"the body {malformed}", out fault);
        if (json.Text("apiVersion") != "admission.k8s.io/v1" || json.Text("kind") != "AdmissionReview") return Nothing("the body is no AdmissionReview of admission.k8s.io/v1", out fault);
        if (json.EnumerateObject().Any(member => member.Name is not ("apiVersion" or "kind" or "request"))) return Nothing("the AdmissionReview has a member that a question does not have", out fault);
        if (json.Object("request") is not { } request || request.Text("uid") is not { Length: <= 128 } uid || !uid.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) return Nothing("request.uid is missing or unfit", out fault);
        fault = null;
        return new AdmissionRequest(
            uid, request.Text("operation") ?? "", Triple(request.Object("resource"), "resource"), Triple(request.Object("kind"), "kind"), request.Text("subResource") ?? "", request.Text("name") ?? "", request.Text("namespace") ?? "",
            request.Object("userInfo")?.Text("username") is { Length: <= LongestName } user && Approvals.Text.IsPlain(user) ? user : "", request.Object("userInfo")?.Texts("groups") ?? [],
            request.Object("object"), request.Object("oldObject"), request.Truth("dryRun"));
    }

    private static string Triple(JsonElement? of, string last) => of is { } one ? $"{one.Text("group")}/{one.Text("version")}/{one.Text(last)}" : "";

    private static AdmissionRequest? Nothing(string why, out string? fault)
    {
        fault = why;
        return null;
    }
}
