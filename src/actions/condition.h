#pragma once

#include "base/error.h"

#include <string_view>

namespace tarn::actions {

/// Value of a hook's `if`, given how the action went so far; empty means `success()`. A subset of
/// the language expr: numbers, strings, `true false nil`, `success()`, `failure()`, `len(…)`,
/// `== != < <= > >=`, `&& and || or ! not`, `?:` and parentheses; an unknown name is nil. Errors:
/// kConditionFailed when the value is no boolean, or with what is wrong and where.
Result<bool> evaluate_condition(std::string_view text, bool failed_so_far);

}  // namespace tarn::actions
