using System.Xml;
using System.Xml.Linq;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>An answer of the Query protocol: small XML without a document type, of the action that was asked.</summary>
internal static class AwsAnswer
{
    private const int Deepest = 16;

    private static readonly XmlReaderSettings Strict = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 512 * 1024, IgnoreComments = true, IgnoreProcessingInstructions = true };

    /// <summary>What is inside <c>{action}Result</c>; an empty element where the action answers nothing.</summary>
    public static XElement Read(WireAnswer answer, string action)
    {
        if ((int)answer.Status is >= 300 and < 400) throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, $"{action} was answered by a redirect, which is not followed", transient: true);
        var root = Parse(answer.Body);
        if (!answer.IsSuccess) throw new AwsRefusedException(ErrorOf(root) ?? "", (int)answer.Status, action);
        if (root?.Name.LocalName != $"{action}Response") throw Odd(action);
        return Child(root, $"{action}Result") ?? new XElement($"{action}Result");
    }

    /// <summary>Null when it is no such XML.</summary>
    public static XElement? Parse(byte[] body)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(body), Strict);
            var root = XElement.Load(reader);
            return root.DescendantsAndSelf().All(element => element.Ancestors().Count() < Deepest) ? root : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>The code of an error in any of the forms that AWS documents.</summary>
    public static string? ErrorOf(XElement? root) => root?.Name.LocalName switch
    {
        "ErrorResponse" => Text(Child(root, "Error"), "Code"),
        "Error" => Text(root, "Code"),
        "Response" => Text(Child(Child(root, "Errors"), "Error"), "Code"),
        _ => null,
    };

    public static XElement? Child(XElement? of, string name) => of?.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    public static string? Text(XElement? of, string name) => Child(of, name) is { HasElements: false, Value: { Length: > 0 } value } ? value.Trim() : null;

    /// <summary>The members of a list.</summary>
    public static IEnumerable<XElement> Members(XElement of, string name) => Child(of, name)?.Elements().Where(element => element.Name.LocalName == "member") ?? [];

    public static BackendException Odd(string action) =>
        new(AwsBackend.Word, ReasonCodes.TargetUnavailable, $"the answer to {action} does not have the documented form", transient: true);
}
