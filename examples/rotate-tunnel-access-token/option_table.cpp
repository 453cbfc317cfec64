// SPDX-License-Identifier: BSL-1.0
#include "option_table.hpp"

#include "options.hpp"
#include "text_encoding.hpp"

namespace {

std::string alternatives(const Names& names) {
  std::string text;
  for (const std::string_view& name : names)
    text.append(text.empty() ? "" : "|").append(name);
  return text;
}

}  // namespace

Names skeletons() {
  return {"input", "yaml-input", "output"};
}

Names colors() {
  return {"auto", "on", "off"};
}

Names binaryFormats() {
  return {"base64", "raw-in-base64-out"};
}

void defineOptions(CLI::App& app, Given& given) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.option_defaults()->group(operationGroup);
  defineRequest(app, given.call);
  app.add_option("--cli-input-json", given.cliInputJson,
                 "All of the above as JSON; options given beside it count more")
      ->type_name("JSON");
  app.add_option("--cli-input-yaml", given.cliInputYaml, "The same as YAML")->type_name("YAML");
  app.add_option("--generate-cli-skeleton", given.skeleton,
                 "Calls nothing; prints the JSON for --cli-input-json (input, the default), the "
                 "YAML for --cli-input-yaml (yaml-input), or a sample of the output (output)")
      ->default_str("input")
      ->type_name(alternatives(skeletons()));

  app.option_defaults()->group(globalGroup);
  app.set_help_flag();
  app.add_flag("-h,--help", given.help, "Prints this text");
  defineEndpoint(app, given.call);
  app.add_flag("--no-paginate", given.noPaginate, "Changes nothing: there is one page");
  app.add_option("--output", given.output,
                 "json (the default), text, table, yaml, yaml-stream, off for nothing, or env for "
                 "AWSIOT_TUNNEL_ACCESS_TOKEN=... of one side")
      ->type_name(alternatives(outputFormats()));
  app.add_option("--query", given.query, "Prints what a JMESPath expression makes of the answer")
      ->type_name("EXPRESSION");
  defineProfile(app, given.call);
  app.add_flag("--version", given.version, "Prints the version");
  app.add_option("--color", given.color, "Of a table: on, off or auto (on a terminal)")
      ->type_name(alternatives(colors()));
  defineTransport(app, given.call);
  app.add_option("--cli-binary-format", given.binaryFormat, "Changes nothing: nothing is binary")
      ->type_name(alternatives(binaryFormats()));
  app.add_flag("--no-cli-pager", given.noPager, "Changes nothing: there is no pager");
  app.add_flag("--cli-auto-prompt", given.autoPrompt, "Refused: this program asks nothing");
  app.add_flag("--no-cli-auto-prompt", given.noAutoPrompt, "Changes nothing");
  app.add_option("--cli-error-format", given.errorFormat,
                 "Changes nothing: an error is text, and this operation's have no details; other "
                 "formats are refused, also by AWS_CLI_ERROR_FORMAT and the profile's "
                 "cli_error_format")
      ->type_name(alternatives(errorFormats()));

  app.option_defaults()->group(ownGroup);
  app.add_option(
         "--token-file", given.tokenDirectory,
         "A directory for the files sourceAccessToken and destinationAccessToken, each with "
         "a token and nothing else (mode 0600), replaced as a whole; prints the answer "
         "only where --output or --query ask for it")
      ->type_name("DIRECTORY");
  app.add_flag("--dry-run", given.dryRun,
               "Prints the request, redacted, and sends none: no token is rotated. All is checked "
               "as for a call, and credentials are looked for where they are, which may ask "
               "another service for them");

  app.footer(
      "The values of the first five may be file://PATH, to be read from there, and so may those "
      "behind @= in the shorthand of --destination-config: services@=file://PATH. Such a file is "
      "in UTF-8, or in the encoding that AWS_CLI_FILE_ENCODING names: " +
      listOf(textEncodings()) +
      ".\n"
      "Exit status: 0 done, 252 wrong usage, 253 no region or credentials, 254 refused by the "
      "service, 255 any other failure");
}
