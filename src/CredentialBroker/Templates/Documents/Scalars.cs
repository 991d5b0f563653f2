using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Templates.Documents;

/// <summary>
/// Scalars, strictly: text is quoted or is plain text that YAML would not read as a number, truth or nothing; numbers and
/// truths are plain. So a document means the same to this reader as to any that goes by the published schema.
/// </summary>
internal static partial class Scalars
{
    public static string? AsText(YamlNode node) => node switch
    {
        YamlScalarNode { Style: ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted } quoted => quoted.Value ?? "",
        YamlScalarNode { Style: ScalarStyle.Plain, Value: { } plain } when !NotText().IsMatch(plain) => plain,
        _ => null,
    };

    public static int? AsWhole(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: { } plain } && Digits().IsMatch(plain)
        && int.TryParse(plain, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static bool? AsTruth(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } truth ? truth.Value == "true" : null;

    // What the core schema of YAML 1.2.2 (section 10.3) and the words of YAML 1.1 make of plain text.
    [GeneratedRegex(
        @"\A(?:|~|null|true|false|yes|no|on|off|y|n" +
        @"|[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-f]+|[-+]?\.inf|\.nan)\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NotText();

    [GeneratedRegex(@"\A(?:0|[1-9][0-9]*)\z", RegexOptions.ECMAScript)]
    private static partial Regex Digits();
}
